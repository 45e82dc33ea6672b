"""Agent runner: one run of the assistant, with history as input and ChatKit events as output."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import msgspec
from chatkit.types import ClientToolCallItem, StructuredInputItem, ThreadItem, ThreadMetadata, ThreadStreamEvent

from app.domain.identity import RequestContext
from app.domain.model_ref import ModelRef
from app.ports.approval_log import ApprovalDecision, ApprovedTool
from app.ports.delta_sink import DeltaSink
from app.ports.turn_log import OpenApprovals, OpenCall, TokenUsage, ToolEffect, TurnRecord

HistoryEntry = ThreadItem | TurnRecord
"""History entry for the model: a thread item as it is, or a complete turn with its tool calls."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """An open call of an earlier turn, and the item with the answer of the user or the page."""

    turn: TurnRecord
    call: OpenCall
    item: StructuredInputItem | ClientToolCallItem


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """The tool calls of an earlier turn that waited for approval, and the form with the user's decisions."""

    turn: TurnRecord
    approvals: OpenApprovals
    item: StructuredInputItem


class ApprovalDesk(ABC):
    """Approval desk of one turn: keeps the decisions on its tool calls, before and after the calls are made."""

    @abstractmethod
    async def approved_tools(self) -> frozenset[ApprovedTool]:
        """Return the tools that the user approved for the whole thread."""

    @abstractmethod
    async def take_up(self, decisions: Sequence[ApprovalDecision], record: TurnRecord | None) -> None:
        """Store decisions, and the turn that waited for them, before a call is made. See `ApprovalLog.take_up`."""

    @abstractmethod
    async def save(self, record: TurnRecord) -> None:
        """Store the turn that waited, with the results of its calls. Does not raise: the turn's end stores it again."""


class RunRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Input of a run; `history` ends with the item that the assistant answers. `tool` must be used first.

    With `answered` the run continues where that turn stopped: its open call is made again, now with an answer.
    With `decided` it continues with the user's decisions. Each decision is taken up at the `desk` before its call is
    made; without a desk no call can wait for approval.
    With `delta_sink` the run may pass text there instead of yielding an event, while no event waits to be read, and the
    caller keeps that text: see `app/entrypoints/chatkit/delta_fast_path.py`. `done` holds the changes of an answer that
    this one replaces: the model is given them, and an identical call returns the same result without being made.
    """

    thread: ThreadMetadata
    history: Sequence[HistoryEntry]
    context: RequestContext
    model: ModelRef
    tool: str | None = None
    answered: Answered | None = None
    decided: Decided | None = None
    desk: ApprovalDesk | None = None
    delta_sink: DeltaSink | None = None
    done: Sequence[ToolEffect] = ()


class RunReport(msgspec.Struct, kw_only=True):
    """Result of a run, filled while it streams and complete when its events end for any reason.

    `attempts` counts the requests to models, failed ones included. `earlier` is the continued turn, now with the
    results of its calls. `approvals` are calls of this run that wait for the user. `effects` are the calls that changed
    something. `withdrawn` are the items that the run showed and removed again, because a guardrail rejected them: their
    content must not be kept anywhere. `refused` is true when a guardrail ended the run, and the user was told so.
    """

    provider: str = ""
    model: str = ""
    attempts: int = 0
    model_items: list[dict[str, Any]] = []
    item_ids: list[str] = []
    usage: TokenUsage = TokenUsage()
    open_call: OpenCall | None = None
    approvals: OpenApprovals | None = None
    earlier: TurnRecord | None = None
    effects: list[ToolEffect] = []
    withdrawn: Sequence[str] = ()
    refused: bool = False


class AgentRunner(ABC):
    """Agent runner: runs the assistant's loop of model and tools until there is an answer."""

    @abstractmethod
    async def tools(self) -> frozenset[str]:
        """Return the names of the assistant's tools."""

    async def offers(self, tool: str) -> bool:
        """Return True if a message may name this tool, to be used first."""
        return tool in await self.tools()

    async def warm(self) -> None:  # noqa: B027  # not every runner has something to prepare
        """Load what the first run needs, off the event loop. Idempotent."""

    async def aclose(self) -> None:  # noqa: B027  # not every runner holds something open
        """Close what the runner opened. Idempotent; no run may follow."""

    @abstractmethod
    def run(self, request: RunRequest, report: RunReport) -> AsyncGenerator[ThreadStreamEvent, None]:
        """Stream the run's events, in order; the first may come long before the model is done.

        Every item has one id of the store's format in all its events. Closing or cancelling the iterator stops the
        model's request. After a failure all open items are closed with the text shown so far, then an `AnyportError`
        is raised.
        """
