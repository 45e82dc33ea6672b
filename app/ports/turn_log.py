"""What each turn said to the model and heard back, kept beside the thread."""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from app.domain.identity import RequestContext

TurnStatus = Literal["completed", "failed", "cancelled", "interrupted"]


class TokenUsage(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens of one turn, summed over its requests, as the provider counted them."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0


class OpenCall(msgspec.Struct, frozen=True, kw_only=True):
    """A tool call that has no result yet: the user, or the page, is asked for it by the thread item `item_id`."""

    call_id: str
    item_id: str


class ToolEffect(msgspec.Struct, frozen=True, kw_only=True):
    """A call of a tool that changed something, and what it returned."""

    tool: str
    arguments: str
    result: str


class TurnRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the assistant.

    ChatKit's items hold no tool calls, so `model_items` keeps the run's own (calls, results, reasoning,
    messages) as the Agents SDK's input items, to be replayed on later turns. The turn answers the thread item
    `after_item_id`; `item_ids` are the thread items that it wrote and that `model_items` stand for.
    `attempts` counts its requests to models, those that failed included. Of all calls in `model_items` only
    `open_call` may be without a result, and then it belongs behind the last of them. `effects` are its calls that
    changed something, and those of turns whose place it took when they were tried again; a `superseded` record holds
    nothing else, until the turn that takes its place has ended.
    """

    id: str
    thread_id: str
    after_item_id: str
    status: TurnStatus
    provider: str
    model: str
    started_at: dt.datetime
    finished_at: dt.datetime
    model_items: list[dict[str, Any]] = []
    item_ids: list[str] = []
    usage: TokenUsage = TokenUsage()
    attempts: int = 1
    error: str = ""
    open_call: OpenCall | None = None
    effects: list[ToolEffect] = []
    superseded: bool = False


class TurnLog(ABC):
    """Finished turns of a thread, scoped to the caller like the thread itself.

    The contract is `tests/contracts/test_turn_log.py`. Records go with their thread, and with the item they answer.
    """

    @abstractmethod
    async def save(self, record: TurnRecord, context: RequestContext) -> None:
        """Store a turn, replacing an earlier one with the same `after_item_id` in that thread.

        Raises `chatkit.store.NotFoundError` when the thread is not the caller's.
        """

    @abstractmethod
    async def delete(self, thread_id: str, after_item_id: str, context: RequestContext) -> None:
        """Let go of the turn that answered this item, if there is one: it is answered anew.

        Raises `chatkit.store.NotFoundError` when the thread is not the caller's.
        """

    @abstractmethod
    async def load(
        self, thread_id: str, after_item_ids: Sequence[str], context: RequestContext
    ) -> Mapping[str, TurnRecord]:
        """The turns that answer these items, by `after_item_id`; items without a turn are left out.

        Raises `chatkit.store.NotFoundError` when the thread is not the caller's.
        """
