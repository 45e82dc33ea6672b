"""Scoped store: the server's store for brought code, in the name of the caller whose turn runs."""

from contextvars import ContextVar
from typing import Any

from chatkit.store import NotFoundError, Store, StoreItemType
from chatkit.types import Attachment, Page, ThreadItem, ThreadMetadata, UserMessageItem

from app.adapters.brought.mistakes import Mistake
from app.adapters.brought.shapes import check_shape
from app.domain.identity import RequestContext
from app.ports.thread_store import ThreadStore


class Caller:
    """The user whose turn runs, and the ids that this turn was given or wrote: no earlier item has them.

    `saved` are the items that the code stored by itself.
    """

    def __init__(self, store: ThreadStore, context: RequestContext) -> None:
        self.store = store
        self.context = context
        self.new_ids: set[str] = set()
        self.saved: set[str] = set()


caller: ContextVar[Caller | None] = ContextVar("caller", default=None)
"""The caller of the brought code that runs; None outside a request."""


class ScopedStore(Store[Any]):
    """ChatKit's `Store`, limited to the user whose turn runs, whatever context the code passes.

    Raises `RuntimeError` outside a request, and `NotFoundError` for what belongs to another user.
    """

    def generate_thread_id(self, context: Any = None) -> str:
        """Return a new id for a thread."""
        now = _now()
        return _given(now, now.store.generate_thread_id(now.context))

    def generate_item_id(self, item_type: StoreItemType, thread: ThreadMetadata, context: Any = None) -> str:
        """Return a new id for an item."""
        now = _now()
        return _given(now, now.store.generate_item_id(item_type, thread, now.context))

    async def load_thread(self, thread_id: str, context: Any = None) -> ThreadMetadata:
        """Return a thread of the caller."""
        now = _now()
        return await now.store.load_thread(thread_id, now.context)

    async def save_thread(self, thread: ThreadMetadata, context: Any = None) -> None:
        """Save a thread. A deleted one stays deleted: only an id that this turn was given makes a new thread."""
        now = _now()
        check_shape(ThreadMetadata, thread)
        if thread.id in now.new_ids:
            await now.store.save_thread(thread, now.context)
            now.new_ids.discard(thread.id)
            return
        fields = {name: getattr(thread, name) for name in ("title", "status", "allowed_image_domains", "metadata")}
        await now.store.update_thread(thread.id, lambda stored: stored.model_copy(update=fields), now.context)

    async def load_threads(
        self, limit: int, after: str | None, order: str, context: Any = None
    ) -> Page[ThreadMetadata]:
        """Return a page of the caller's threads."""
        now = _now()
        return await now.store.load_threads(limit, after, order, now.context)

    async def delete_thread(self, thread_id: str, context: Any = None) -> None:
        """Delete a thread of the caller."""
        now = _now()
        await now.store.delete_thread(thread_id, now.context)

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: Any = None
    ) -> Page[ThreadItem]:
        """Return a page of a thread's items."""
        now = _now()
        return await now.store.load_thread_items(thread_id, after, limit, order, now.context)

    async def load_item(self, thread_id: str, item_id: str, context: Any = None) -> ThreadItem:
        """Return an item of a thread."""
        now = _now()
        return await now.store.load_item(thread_id, item_id, now.context)

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: Any = None) -> None:
        """Add an item to a thread."""
        await self.save_item(thread_id, item, context)

    async def save_item(self, thread_id: str, item: ThreadItem, context: Any = None) -> None:
        """Save an item. Raises `Mistake` for one of another thread, or in place of an item of another type."""
        now = _now()
        check_shape(ThreadItem, item)
        if item.thread_id != thread_id:
            raise Mistake(f"the item {item.id} is of the thread {item.thread_id}, and not of {thread_id}")
        if item.id not in now.new_ids and (before := await stored_item(now, thread_id, item.id)) is not None:
            check_replacement(before, item)
        await now.store.save_item(thread_id, item, now.context)
        now.new_ids.add(item.id)
        now.saved.add(item.id)

    async def delete_thread_item(self, thread_id: str, item_id: str, context: Any = None) -> None:
        """Delete an item of a thread."""
        now = _now()
        await now.store.delete_thread_item(thread_id, item_id, now.context)

    async def load_attachment(self, attachment_id: str, context: Any = None) -> Attachment:
        """Return an attachment of the caller."""
        now = _now()
        return await now.store.load_attachment(attachment_id, now.context)

    async def save_attachment(self, attachment: Attachment, context: Any = None) -> None:
        """Save an attachment of the caller."""
        now = _now()
        await now.store.save_attachment(attachment, now.context)

    async def delete_attachment(self, attachment_id: str, context: Any = None) -> None:
        """Delete an attachment of the caller."""
        now = _now()
        await now.store.delete_attachment(attachment_id, now.context)


store: Store[Any] = ScopedStore()
"""The threads of the user whose turn runs, for a `respond`."""


async def stored_item(now: Caller, thread_id: str, item_id: str) -> ThreadItem | None:
    """Return the stored item of this id, or None."""
    try:
        return await now.store.load_item(thread_id, item_id, now.context)
    except NotFoundError:
        return None


def check_replacement(before: ThreadItem, item: ThreadItem) -> None:
    """Raises `Mistake` for an item of another type than the one of its id, and for a message of the user."""
    if isinstance(before, UserMessageItem) or before.type != item.type:
        raise Mistake(f"the id {item.id} is that of another item of this thread, of the type {before.type}")


def _now() -> Caller:
    if (now := caller.get()) is None:
        raise RuntimeError("The store belongs to the user whose turn runs, and no turn runs here.")
    return now


def _given(now: Caller, id_: str) -> str:
    now.new_ids.add(id_)
    return id_
