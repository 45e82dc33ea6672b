"""Turn log: the model input and output of each finished turn, stored with the thread."""

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
    """Open call: a tool call without a result yet; the thread item `item_id` asks the user or the page for it.

    `agent` names the agent that made the call; empty where there is only one.
    """

    call_id: str
    item_id: str
    agent: str = ""


class PendingApproval(msgspec.Struct, frozen=True, kw_only=True):
    """A tool call that waits for the user's approval; `arguments` is JSON text, as the model wrote it.

    `agent` is the agent that made the call. `schema` identifies the tool's schema at the time of the question.
    """

    call_id: str
    agent: str
    tool: str
    title: str
    arguments: str
    schema: str = ""
    editable: bool = False


class OpenApprovals(msgspec.Struct, frozen=True, kw_only=True):
    """The tool calls of one turn that wait for the user's approval; the form `item_id` asks for it.

    `state` is the interrupted run as JSON text of the runner. `item_id` is empty while another question of the same
    turn is asked first.
    """

    item_id: str
    calls: list[PendingApproval]
    state: str


class ToolEffect(msgspec.Struct, frozen=True, kw_only=True):
    """A call of a tool that changed something, and what it returned."""

    tool: str
    arguments: str
    result: str


class TurnRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Record of one turn.

    ChatKit's items contain no tool calls, so `model_items` holds the run's own items (calls, results, reasoning,
    messages) as input items of the Agents SDK, for later turns. The turn answers the thread item `after_item_id`;
    `item_ids` are the thread items that it wrote and that `model_items` represent. `attempts` counts the requests to
    models, failed ones included. Only `open_call` and the calls of `approvals` may be without a result. `effects` are
    the calls that changed something, those of earlier attempts of a retried answer included. A `superseded` record
    holds only effects, until the retried answer ends.
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
    approvals: OpenApprovals | None = None
    effects: list[ToolEffect] = []
    superseded: bool = False


class TurnLog(ABC):
    """Turn log: the finished turns of a thread, scoped to the caller like the thread itself.

    Records are deleted with their thread, and with the item they answer. The contract is
    `tests/contracts/test_turn_log.py`.
    """

    @abstractmethod
    async def save(self, record: TurnRecord, context: RequestContext) -> None:
        """Save a turn; it replaces an earlier record of the same `after_item_id` in that thread. Idempotent.

        Raises `chatkit.store.NotFoundError` when the thread is not the caller's.
        """

    @abstractmethod
    async def delete(self, thread_id: str, after_item_id: str, context: RequestContext) -> None:
        """Delete the record of the turn that answered this item, before a retry. Idempotent.

        Raises `chatkit.store.NotFoundError` when the thread is not the caller's.
        """

    @abstractmethod
    async def load(
        self, thread_id: str, after_item_ids: Sequence[str], context: RequestContext
    ) -> Mapping[str, TurnRecord]:
        """Return the turns that answered these items, by `after_item_id`; items without a turn are left out.

        Raises `chatkit.store.NotFoundError` when the thread is not the caller's.
        """
