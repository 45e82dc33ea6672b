"""Where conversations are kept."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
from chatkit.store import Store, StoreItemType
from chatkit.types import ThreadItem, ThreadMetadata

from app.domain.identity import RequestContext
from app.domain.ids import new_id
from app.ports.turn_log import TurnRecord

PAGE_LIMIT = 100
"""The largest page a store returns, whatever is asked for: clients have asked for thousands."""

PAGE_BYTES = 1_000_000
"""About as many bytes of stored JSON as a page holds at most: it ends before the entry that would bring it over. One
that is larger by itself, such as a text from before texts had bounds, is a page of its own."""

HIDDEN = frozenset({"hidden_context_item", "sdk_hidden_context"})
"""The types of items that no client is shown."""

_PREFIXES: dict[StoreItemType, str] = {
    "thread": "thr",
    "message": "msg",
    "tool_call": "tc",
    "task": "tsk",
    "workflow": "wf",
    "attachment": "atc",
    "sdk_hidden_context": "shcx",
}


class Feedback(msgspec.Struct, frozen=True, kw_only=True):
    """What a user thought of one item, the text that they judged, and the question that it answered. It outlives the
    item: an answer that is tried again takes no feedback along."""

    thread_id: str
    item_id: str
    kind: Literal["positive", "negative"]
    answer: str = ""
    question: str = ""


class LoadedContext(msgspec.Struct, frozen=True, kw_only=True):
    """A thread, its newest items, oldest first, and the turns that answered any of them, by item; `created` when it was
    begun with what is to be answered."""

    thread: ThreadMetadata
    items: Sequence[ThreadItem] = ()
    turns: Mapping[str, TurnRecord] = {}
    created: bool = False


class ThreadStore(Store[RequestContext]):
    """ChatKit's own `Store`, with the guarantees that ChatKit leaves unsaid.

    - Every call is scoped to `context.user_id`; somebody else's id raises the same `chatkit.store.NotFoundError`
      as one that does not exist, and the thread of an item must be the caller's. A thread that is saved under
      an id that another user has is refused the same way.
    - Items and threads are ordered by (`created_at`, order of insertion), stable under equal timestamps.
      Saving an item or a thread again keeps its place and its first `created_at`.
    - `after` is the id of an item (or thread); paging goes on behind it even when it was deleted meanwhile.
      An `after` that never existed in that thread raises `NotFoundError`.
    - `add_thread_item` and `save_item` both insert, or replace the item of that id in that thread.
    - With `context.sees_hidden` false, `hidden_context_item` and `sdk_hidden_context` are left out inside the
      query: a page comes back empty only when nothing follows.
    - Limits are brought into 1..`PAGE_LIMIT`, and a page ends early at `PAGE_BYTES`; `Page.after` is the id of the
      page's last entry, or None when `has_more` is false.
    - Naive datetimes are taken as local time; every datetime that comes back is UTC with an offset.
    - Items and attachments come back as they were, to the last field, also those that ChatKit's own unions do not
      know, such as the ones a newer widget template sets.
    - Deleting a thread deletes all that belongs to it; deleting what is not there raises `NotFoundError`.
    - Each call is one short unit of work: no connection is held between calls.
    - A database that is down raises `StoreUnavailableError`; a failed write is never swallowed.

    The contract is `tests/contracts/test_thread_store.py` and the other `test_thread_…` beside it.
    """

    def generate_thread_id(self, context: RequestContext) -> str:
        """A fresh time-ordered id."""
        return new_id("thr")

    def generate_item_id(self, item_type: StoreItemType, thread: ThreadMetadata, context: RequestContext) -> str:
        """A fresh time-ordered id with ChatKit's prefix for `item_type`."""
        return new_id(_PREFIXES[item_type])

    @abstractmethod
    async def update_thread(self, thread: ThreadMetadata, context: RequestContext) -> None:
        """Replace the metadata of an existing thread, in one round trip; a deleted thread stays deleted. Raises
        `NotFoundError` when the caller has no thread of that id. Use `save_thread` only to create one."""

    @abstractmethod
    async def create_thread(self, thread: ThreadMetadata, item: ThreadItem, context: RequestContext) -> None:
        """`save_thread` and `add_thread_item`, both or neither, in one round trip. Raises `NotFoundError` when another
        user has a thread of that id."""

    @abstractmethod
    async def load_context(
        self, thread_id: str, newest: int, context: RequestContext, *, adding: ThreadItem | None = None
    ) -> LoadedContext:
        """What is needed to go on with a thread, its `newest` items, in one round trip; first an item is added, if one
        is given, as `add_thread_item` does. Raises `NotFoundError` when the thread is not the caller's."""

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
        """Keep one judgement per item and user, with a copy of the item's text and of the `question` that it answered;
        a later one replaces it. It goes with its thread, not with the item. Unknown items raise `NotFoundError`."""

    @abstractmethod
    async def load_feedback(self, thread_id: str, context: RequestContext) -> Sequence[Feedback]:
        """The caller's judgements in a thread, in the order of the items, also of those that are gone."""
