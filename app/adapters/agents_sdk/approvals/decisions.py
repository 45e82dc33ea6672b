"""Decisions: the user's answers to an approval form, checked and applied to the interrupted run."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from agents import Agent, ToolApprovalItem
from agents.run_state import RunState

from app.adapters.agents_sdk.approvals.argument_edits import edited
from app.adapters.agents_sdk.approvals.form import Answer, answers
from app.adapters.agents_sdk.approvals.interrupted_run import CallKey, InterruptedRun, UnreadableRunError, key_of
from app.adapters.agents_sdk.approvals.run_approvals import present_tool, schema_digest
from app.adapters.agents_sdk.questions.resumed_turn import ResumedTurn
from app.adapters.agents_sdk.tool_context import TurnContext
from app.adapters.agents_sdk.tools.failures import NOT_DONE
from app.domain.clock import clock
from app.domain.errors import InvalidInputError
from app.ports.agent_runner import ApprovalDesk, Decided
from app.ports.approval_log import ApprovalDecision, Verdict
from app.ports.turn_log import PendingApproval, TurnRecord

REFUSED: Final = f"{NOT_DONE}: the user did not allow it."
SKIPPED: Final = f"{NOT_DONE}: the user did not answer the question about it."
CHANGED: Final = f"{NOT_DONE}: the tool is not there any more as it was when the user was asked. Say that, and go on."


class _Decided(msgspec.Struct):
    """A call with its decision; `arguments` are those that the tool gets."""

    number: int
    call: PendingApproval
    answer: Answer
    arguments: str
    refusal: str = ""


class Decisions:
    """The decisions on the calls of one form; `problems` say, by a call's id, why its edits are asked for again."""

    def __init__(self, decided: Decided, context: TurnContext) -> None:
        self.problems: dict[str, str] = {}
        self._turn = decided.turn
        self._question_id = decided.approvals.item_id
        self._context = context
        given = answers(decided.approvals.calls, decided.item.inputs)
        # The form was skipped, or sent without an answer: that is no approval.
        self._silent = not any(given)
        given = [Answer(approved=False)] * len(given) if self._silent else given
        self._calls = [
            _Decided(number, call, answer, call.arguments)
            for number, (call, answer) in enumerate(zip(decided.approvals.calls, given, strict=True))
            if answer is not None
        ]

    async def applied(
        self, run: InterruptedRun, root: Agent[Any], resumed: ResumedTurn, desk: ApprovalDesk
    ) -> RunState[TurnContext, Any] | None:
        """Take the decisions up, and return the run that goes on with them; None when none of them holds.

        From then on each call is made once or never. Raises `UnreadableRunError`, and `AlreadyDecidedError` when
        another process has taken the question up.
        """
        state = await run.restored(root, self._context)
        items = _by_key(state.get_interruptions())
        edits = [one for one in self._calls if one.answer.edits]
        for one in edits:
            await self._edit(one, items, run)
        if not self._calls:
            return None
        if edits:
            state = await run.restored(root, self._context)
            items = _by_key(state.get_interruptions())
            resumed.edit({one.call.call_id: one.arguments for one in edits if one.arguments != one.call.arguments})
        for one in self._calls:
            one.refusal = await self._refusal(one, items.get(_key(one.call)))
        decided = {one.call.call_id for one in self._calls}
        resumed.undecided = {call_id for _, call_id in items} - decided
        allowed = {one.call.call_id for one in self._calls if not one.refusal}
        # Of calls with one id, in a run and one inside it, none is known as refused when another is made.
        resumed.refusals = {
            one.call.call_id: one.refusal for one in self._calls if one.refusal and one.call.call_id not in allowed
        }
        resumed.approved = {(one.call.call_id, one.call.tool) for one in self._calls if not one.refusal}
        resumed.taken_up = bool(allowed)
        await desk.take_up([self._decision(one) for one in self._calls], resumed.broken_off())
        for one in self._calls:
            if (item := items.get(_key(one.call))) is None:
                continue
            if one.refusal:
                state.reject(item, rejection_message=one.refusal)
            else:
                state.approve(item)
        return state

    async def given_up(self, desk: ApprovalDesk, record: TurnRecord) -> None:
        """Store the decisions for a run that cannot go on: no call is made. Raises `AlreadyDecidedError`."""
        if self._calls:
            await desk.take_up([self._decision(one) for one in self._calls], record)

    async def _edit(self, one: _Decided, items: dict[CallKey, ToolApprovalItem], run: InterruptedRun) -> None:
        """Apply the edits of a call to the run; wrong ones leave it undecided."""
        item = items.get(_key(one.call))
        tool = await present_tool(item, self._context) if item is not None else None
        if tool is None:
            return  # The call is refused below.
        try:
            one.arguments = await edited(one.call.arguments, one.answer.edits, tool.params_json_schema)
        except InvalidInputError as error:
            self.problems[one.call.call_id] = error.message
            self._calls.remove(one)
        else:
            run.set_arguments(one.call.call_id, one.arguments)

    async def _refusal(self, one: _Decided, item: ToolApprovalItem | None) -> str:
        """Why a call is not made, for the model; empty for one that is made."""
        if not one.answer.approved:
            reason = f" They said: {one.answer.reason}" if one.answer.reason else ""
            return SKIPPED if self._silent else REFUSED + reason
        if item is None:
            return CHANGED
        tool = await present_tool(item, self._context)
        present = schema_digest(tool) if tool is not None else ""
        return "" if present == one.call.schema else CHANGED

    def _decision(self, one: _Decided) -> ApprovalDecision:
        verdict: Verdict = "approved" if one.answer.approved else "rejected"
        return ApprovalDecision(
            thread_id=self._turn.thread_id,
            question_id=self._question_id,
            number=one.number,
            call_id=one.call.call_id,
            agent=one.call.agent,
            tool=one.call.tool,
            arguments=one.arguments,
            verdict="unanswered" if self._silent else verdict,
            user_id=self._context.request.user_id,
            decided_at=clock.now(),
            scope=one.answer.scope,
            reason=one.answer.reason,
            edited=one.arguments != one.call.arguments,
        )


def _by_key(items: Sequence[ToolApprovalItem]) -> dict[CallKey, ToolApprovalItem]:
    found = {key_of(item): item for item in items}
    if len(found) < len(items):
        raise UnreadableRunError("two calls of one agent have the same id")
    return found


def _key(call: PendingApproval) -> CallKey:
    return call.agent, call.call_id
