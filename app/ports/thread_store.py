"""Thread store: threads, items, attachments and feedback of each user."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec
from chatkit.store import Store, StoreItemType
from chatkit.types import ThreadItem, ThreadMetadata

from app.domain.identity import RequestContext
from app.domain.ids import new_id
from app.ports.thread_summaries import ThreadSummary
from app.ports.turn_log import TurnRecord

PAGE_LIMIT = 100
"""Most entries of a page, whatever the request asks for: clients have asked for thousands."""

PAGE_BYTES = 1_000_000
"""Most bytes of stored JSON of a page, approximately: the page ends before the entry that would exceed them. A larger
entry, such as a text from before texts were bounded, is a page of its own."""

HIDDEN = frozenset({"hidden_context_item", "sdk_hidden_context"})
"""Types of items that are never sent to a client."""

_PREFIXES: dict[StoreItemType, str] = {
    "thread": "thr",
    "message": "msg",
    "tool_call": "tc",
    "task": "tsk",
    "workflow": "wf",
    "attachment": "atc",
    "sdk_hidden_context": "shcx",
}


ThreadChange = Callable[[ThreadMetadata], ThreadMetadata]
"""Returns a changed copy of the stored thread, or its argument to leave the thread as it is. It has no effects."""


class Feedback(msgspec.Struct, frozen=True, kw_only=True):
    """Feedback of a user on one item, with copies of the item's text and of the question that it answered.

    Feedback outlives its item: a retried answer does not delete it.
    """

    thread_id: str
    item_id: str
    kind: Literal["positive", "negative"]
    answer: str = ""
    question: str = ""


class LoadedContext(msgspec.Struct, frozen=True, kw_only=True):
    """Context of an answer: a thread, its newest items, oldest first, and the turns that answered them, by item id.

    `created` is true when the thread was created with the item to answer. `summary` is the thread's, where it was asked
    for.
    """

    thread: ThreadMetadata
    items: Sequence[ThreadItem] = ()
    turns: Mapping[str, TurnRecord] = {}
    created: bool = False
    summary: ThreadSummary | None = None


class ThreadStore(Store[RequestContext]):
    """Thread store: ChatKit's own `Store` with explicit guarantees.

    - Every call is scoped to `context.user_id`: another user's id raises the same `chatkit.store.NotFoundError` as an
      unknown id, also for saving a thread under it, and the thread of an item must be the caller's.
    - Items and threads are ordered by (`created_at`, order of insertion), stable under equal timestamps.
      Saving an item or a thread again keeps its place and its first `created_at`.
    - `after` is a cursor: the id of an item (or thread). The page starts behind it, even when it was deleted meanwhile,
      because a tombstone keeps its place. A cursor that never existed in that thread raises `NotFoundError`.
    - `add_thread_item` and `save_item` both insert, or replace the item of that id in that thread.
    - With `context.sees_hidden` false, `hidden_context_item` and `sdk_hidden_context` are left out inside the
      query: a page comes back empty only when nothing follows.
    - Limits are clamped to 1..`PAGE_LIMIT`, and a page ends early at `PAGE_BYTES`; `Page.after` is the id of the
      page's last entry, or None when `has_more` is false.
    - Naive datetimes are read as local time; returned datetimes are UTC with an offset.
    - Items and attachments are returned with all their fields, also those that ChatKit's own unions do not know, such
      as fields of a newer widget template.
    - Deleting a thread deletes all its data; deleting an unknown id raises `NotFoundError`.
    - Each call is one short unit of work: no connection is held between calls.
    - A database that is down raises `StoreUnavailableError`; a failed write is never swallowed.

    The contract is `tests/contracts/test_thread_store.py` and the other `test_thread_…` beside it.
    """

    def generate_thread_id(self, context: RequestContext) -> str:
        """Return a new time-ordered id."""
        return new_id("thr")

    def generate_item_id(self, item_type: StoreItemType, thread: ThreadMetadata, context: RequestContext) -> str:
        """Return a new time-ordered id with ChatKit's prefix for `item_type`."""
        return new_id(_PREFIXES[item_type])

    @abstractmethod
    async def update_thread(self, thread_id: str, change: ThreadChange, context: RequestContext) -> ThreadMetadata:
        """Change the metadata of an existing thread by compare and set; return the stored thread.

        `change` runs again when another writer was faster, so that neither loses what the other wrote. A deleted thread
        stays deleted. Raises `NotFoundError` when the caller has no thread of that id. Use `save_thread` only to create
        one.
        """

    @abstractmethod
    async def create_thread(self, thread: ThreadMetadata, item: ThreadItem, context: RequestContext) -> None:
        """Create a thread with its first item, atomically and in one round trip.

        Same as `save_thread` and `add_thread_item`. Raises `NotFoundError` when another user has a thread of that id.
        """

    @abstractmethod
    async def load_context(
        self,
        thread_id: str,
        newest: int,
        context: RequestContext,
        *,
        adding: ThreadItem | None = None,
        with_summary: bool = False,
    ) -> LoadedContext:
        """Load the context of an answer, with the `newest` items of the thread, in one round trip.

        An item in `adding` is added first, as by `add_thread_item`. `with_summary` loads the thread's summary too.
        Raises `NotFoundError` when the thread is not the caller's.
        """

    @abstractmethod
    async def save_feedback(
        self,
        thread_id: str,
        item_ids: Sequence[str],
        kind: Literal["positive", "negative"],
        context: RequestContext,
        *,
        question: str = "",
    ) -> None:
        """Save one feedback for each item and user, with copies of the item's text and of the `question`.

        Later feedback replaces it. It is deleted with its thread, not with the item. Raises `NotFoundError` for an
        unknown item.
        """

    @abstractmethod
    async def load_feedback(self, thread_id: str, context: RequestContext) -> Sequence[Feedback]:
        """Return the caller's feedback in a thread in the order of the items, deleted ones included."""
