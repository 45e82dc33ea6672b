"""Continued run: goes on with a run that waited for approvals."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
from agents import Agent, Model, ModelResponse
from agents.items import TResponseInputItem, TResponseStreamEvent
from agents.run_config import CallModelData, CallModelInputFilter, ModelInputData
from agents.run_state import RunState

from app.adapters.agents_sdk.approvals.decisions import CHANGED, Decisions
from app.adapters.agents_sdk.approvals.interrupted_run import UnreadableRunError, interrupted_run
from app.adapters.agents_sdk.approvals.run_approvals import RunApprovals
from app.adapters.agents_sdk.input.model_input import neutral, to_model_input
from app.adapters.agents_sdk.output.outlet import Outlet
from app.adapters.agents_sdk.questions.resumed_turn import ResumedTurn
from app.adapters.agents_sdk.run.effects import RunEffects
from app.adapters.agents_sdk.run.transcript import RunTranscript
from app.adapters.agents_sdk.tool_context import TurnContext
from app.application.conversation import approvals
from app.domain.model_ref import ModelRef
from app.ports.agent_runner import ApprovalDesk, Decided, HistoryEntry, RunReport, RunRequest
from app.ports.turn_log import TurnRecord

RunInput = list[TResponseInputItem] | RunState[TurnContext, Any]


class ContinuedRun:
    """The run of a turn whose calls waited, with its decisions; without `decided` another question was answered."""

    def __init__(
        self,
        turn: TurnRecord,
        decided: Decided | None,
        desk: ApprovalDesk,
        effects: RunEffects,
        model: ModelRef,
        context: TurnContext,
    ) -> None:
        self.turn = turn
        self.resumed = ResumedTurn(turn, desk, effects)
        self._decided = decided
        self._desk = desk
        self._model = model
        self._context = context

    def before(self, entries: Sequence[HistoryEntry]) -> Sequence[HistoryEntry]:
        """Return the history before the turn: the run itself has the rest."""
        ids = [entry.id if isinstance(entry, TurnRecord) else "" for entry in entries]
        return entries[: ids.index(self.turn.id)]

    async def restored(
        self,
        root: Agent[Any],
        history: list[TResponseInputItem],
        rounds: int,
        asking: RunApprovals,
        report: RunReport,
    ) -> RunInput | None:
        """Return the run to go on with, or model input where it cannot go on; None when the question is asked again.

        Raises `AlreadyDecidedError` when another process has taken the question up.
        """
        waited = self.turn.approvals
        if waited is None:
            raise AssertionError("only a turn whose calls wait is continued")
        decisions = Decisions(self._decided, self._context) if self._decided is not None else None
        try:
            run = interrupted_run(waited.state, history, rounds)
            if decisions is None:
                result = self.turn.model_items[-1]
                run.set_result(str(result.get("call_id")), str(result.get("output")))
                state = await run.restored(root, self._context)
            elif (applied := await decisions.applied(run, root, self.resumed, self._desk)) is None:
                asking.problems = decisions.problems
                report.earlier = msgspec.structs.replace(self.turn, approvals=asking.ask_again(waited))
                return None
            else:
                state, asking.problems = applied, decisions.problems
        except UnreadableRunError:
            closed = approvals.close(self.turn, CHANGED)
            if decisions is not None:
                await decisions.given_up(self._desk, closed)
            report.earlier = closed
            return [*history, *await to_model_input([closed], self._model)]
        self.resumed.is_active = True
        return state

    def input_filter(self, history: Sequence[TResponseInputItem]) -> CallModelInputFilter | None:
        """Return a filter for the items of another model than the present one; None when there are none."""
        if not self.resumed.is_active or ModelRef(self.turn.provider, self.turn.model) == self._model:
            return None
        return neutral_filter(history)


def continued_run(
    request: RunRequest, report: RunReport, effects: RunEffects, context: TurnContext
) -> ContinuedRun | None:
    """Return the run to go on with: its calls are decided, or another question of its turn is answered."""
    turn = request.decided.turn if request.decided is not None else report.earlier
    if turn is None or turn.approvals is None or request.desk is None:
        return None
    return ContinuedRun(turn, request.decided, request.desk, effects, request.model, context)


class SettlingModel(Model):
    """A model that stores the results of a resumed turn before the first request behind them."""

    def __init__(self, model: Model, resumed: ResumedTurn, transcript: RunTranscript, outlet: Outlet) -> None:
        self._model = model
        self._resumed = resumed
        self._transcript = transcript
        self._outlet = outlet

    async def get_response(
        self, system_instructions: str | None, input: str | list[TResponseInputItem], *args: Any, **kwargs: Any
    ) -> ModelResponse:
        """Request one response."""
        await self._settle(input)
        return await self._model.get_response(system_instructions, input, *args, **kwargs)

    async def stream_response(
        self, system_instructions: str | None, input: str | list[TResponseInputItem], *args: Any, **kwargs: Any
    ) -> AsyncIterator[TResponseStreamEvent]:
        """Stream one response."""
        await self._settle(input)
        async for event in self._model.stream_response(system_instructions, input, *args, **kwargs):
            yield event

    async def close(self) -> None:
        """Do nothing: the provider closes its models, not a run."""

    async def _settle(self, model_input: str | list[TResponseInputItem]) -> None:
        if self._resumed.is_active and self._outlet.questions.open_call is None:  # Else the run pauses here.
            await self._resumed.settle(self._transcript, model_input)


def neutral_filter(history: Sequence[TResponseInputItem]) -> CallModelInputFilter:
    """Return a filter that reduces the items of the earlier model, behind `history`, for the present one.

    The input of a nested run, or one that a handoff filtered, is left as it is.
    """
    start, end = len(history), 0

    async def reduced(data: CallModelData[Any]) -> ModelInputData:
        nonlocal end
        given = data.model_data.input
        if len(given) < start or given[:1] != history[:1]:
            return data.model_data
        end = end or len(given)
        own: Any = neutral(given[start:end])  # type: ignore[arg-type]  # input items are dictionaries
        return ModelInputData(input=[*given[:start], *own, *given[end:]], instructions=data.model_data.instructions)

    return reduced
