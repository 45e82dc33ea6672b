"""One run of the assistant, seen from outside: history in, ChatKit events out."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import msgspec
from chatkit.types import ClientToolCallItem, StructuredInputItem, ThreadItem, ThreadMetadata, ThreadStreamEvent

from app.domain.identity import RequestContext
from app.domain.model_ref import ModelRef
from app.ports.delta_sink import DeltaSink
from app.ports.turn_log import OpenCall, TokenUsage, ToolEffect, TurnRecord

HistoryEntry = ThreadItem | TurnRecord
"""What the model is told of the past: a thread item as it is, or a whole turn with its tool calls."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """A call that an earlier turn left open, and the item in which the user, or the page, has answered it since."""

    turn: TurnRecord
    call: OpenCall
    item: StructuredInputItem | ClientToolCallItem


class RunRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a run needs to know; `history` ends with what the assistant is to answer. `tool` must be used first.

    With `answered` the run goes on where that turn stopped: its open call is made again, this time with an answer.
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
    delta_sink: DeltaSink | None = None
    done: Sequence[ToolEffect] = ()


class RunReport(msgspec.Struct, kw_only=True):
    """What a run leaves behind, filled in while it goes and complete when its events end, however they end.

    `attempts` counts the requests to models, those that failed included. `earlier` is the turn that was gone on with,
    now with the result of its call. `effects` are the calls that changed something.
    """

    provider: str = ""
    model: str = ""
    attempts: int = 0
    model_items: list[dict[str, Any]] = []
    item_ids: list[str] = []
    usage: TokenUsage = TokenUsage()
    open_call: OpenCall | None = None
    earlier: TurnRecord | None = None
    effects: list[ToolEffect] = []


class AgentRunner(ABC):
    """Runs the assistant's loop: model, tools, model, until there is an answer."""

    @abstractmethod
    async def tools(self) -> frozenset[str]:
        """The names of the assistant's tools."""

    async def warm(self) -> None:  # noqa: B027  # not every runner has something to prepare
        """Prepare what the first run would otherwise wait for, off the event loop. Safe to repeat."""

    @abstractmethod
    def run(self, request: RunRequest, report: RunReport) -> AsyncGenerator[ThreadStreamEvent, None]:
        """Stream the run's events; the first may come long before the model is done.

        Every item gets an id of the store's kind, the same from added to done. Closing or cancelling the
        iterator stops the model's request. On a failure all open items are closed with the text that was shown,
        then an `AnyportError` is raised.
        """
