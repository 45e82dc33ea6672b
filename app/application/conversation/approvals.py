"""Approvals: tool calls that wait for the user's decision, and how they end without one."""

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

import msgspec
import structlog
from chatkit.store import NotFoundError

from app.domain.errors import AnyportError
from app.domain.identity import RequestContext
from app.ports.agent_runner import ApprovalDesk
from app.ports.approval_log import ApprovalDecision, ApprovalLog, ApprovedTool
from app.ports.turn_log import ToolEffect, TurnLog, TurnRecord

log = structlog.get_logger(__name__)

NOT_TAKEN_UP: Final = (
    "The user answered, but the server stopped before it took the answer up: it was not done. Ask again if it is still "
    "wanted."
)

UNKNOWN: Final = (
    "The user approved this, and then it was broken off. It is not known whether it was done: look before you go on, "
    "and do not do it again without asking."
)

_OUTPUTS: Final[Mapping[str, Callable[[str], dict[str, Any]]]] = {
    "function_call": lambda text: {"type": "function_call_output", "output": text},
    "custom_tool_call": lambda text: {"type": "custom_tool_call_output", "output": text},
    "apply_patch_call": lambda text: {"type": "apply_patch_call_output", "status": "failed", "output": text},
    "shell_call": lambda text: {
        "type": "shell_call_output",
        "output": [{"stdout": "", "stderr": text, "outcome": {"type": "exit", "exit_code": 1}}],
    },
}
"""The results of calls that this server makes, by the kind of the call."""

_RESULTS: Final = frozenset(make("")["type"] for make in _OUTPUTS.values())

Result = Callable[[dict[str, Any]], str | None]
"""The text of the result of a call without one; None leaves the call open."""


def waiting(items: Collection[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the calls and approval requests among model items that have no result."""
    answered = {id_ for item in items if (id_ := answered_id(item)) is not None}
    return [item for item in items if (id_ := call_id(item)) is not None and id_ not in answered]


def call_id(item: dict[str, Any]) -> str | None:
    """Return the id of a call that this server makes, or of an approval request of a hosted server; else None."""
    if item.get("type") == "mcp_approval_request":
        return str(item.get("id"))
    return str(item.get("call_id")) if item.get("type") in _OUTPUTS else None


def close(turn: TurnRecord, result: str | Result) -> TurnRecord:
    """Return the turn with a result for each call that waited for approval; those that `result` leaves open stay."""
    closed = [
        result_item(item, text)
        for item in waiting(turn.model_items)
        if (text := result if isinstance(result, str) else result(item)) is not None
    ]
    return msgspec.structs.replace(turn, model_items=[*turn.model_items, *closed], approvals=None)


def result_item(call: dict[str, Any], text: str) -> dict[str, Any]:
    """Return the model item that ends a call. A request of a hosted server is denied, so that nobody makes it again."""
    if call["type"] == "mcp_approval_request":
        return {
            "type": "mcp_approval_response",
            "approval_request_id": call["id"],
            "approve": False,
            "reason": text,
        }
    return {**_OUTPUTS[call["type"]](text), "call_id": call["call_id"]}


def unknown_effect(call: dict[str, Any]) -> list[ToolEffect]:
    """Return a call as a change that may have been made, so that a retried answer does not make it again."""
    if call.get("type") != "function_call":
        return []
    return [ToolEffect(tool=str(call["name"]), arguments=str(call["arguments"]), result=UNKNOWN)]


def unanswered(turn: TurnRecord, now: dt.datetime, context: RequestContext) -> list[ApprovalDecision]:
    """Return the decisions for a question that ended without an answer; none for one that was not asked yet."""
    asked = turn.approvals
    if asked is None or not asked.item_id:
        return []
    return [
        ApprovalDecision(
            thread_id=turn.thread_id,
            question_id=asked.item_id,
            number=number,
            call_id=call.call_id,
            agent=call.agent,
            tool=call.tool,
            arguments=call.arguments,
            verdict="unanswered",
            user_id=context.user_id,
            decided_at=now,
        )
        for number, call in enumerate(asked.calls)
    ]


def answered_id(item: dict[str, Any]) -> str | None:
    """Return the id of the call or the request that this item ends; None for an item of another kind."""
    if item.get("type") == "mcp_approval_response":
        return str(item.get("approval_request_id"))
    return str(item.get("call_id")) if item.get("type") in _RESULTS else None


class TurnApprovals(ApprovalDesk):
    """The approval desk of one thread of a caller."""

    def __init__(self, approvals: ApprovalLog, turns: TurnLog, thread_id: str, context: RequestContext) -> None:
        self._approvals = approvals
        self._turns = turns
        self._thread_id = thread_id
        self._context = context

    async def approved_tools(self) -> frozenset[ApprovedTool]:
        return await self._approvals.approved_for_thread(self._thread_id, self._context)

    async def take_up(self, decisions: Sequence[ApprovalDecision], record: TurnRecord | None) -> None:
        await self._approvals.take_up(decisions, record, self._context)

    async def save(self, record: TurnRecord) -> None:
        try:
            await self._turns.save(record, self._context)
        except NotFoundError:
            log.info("results not recorded: thread deleted", thread=record.thread_id)
        except AnyportError as failure:
            log.warning("results not recorded", thread=record.thread_id, code=failure.code, detail=failure.detail)
