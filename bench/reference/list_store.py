"""ChatKit's store in lists, as its examples have it: nothing is cheaper, and nothing is kept."""

from typing import Any

from chatkit.store import NotFoundError, Store
from chatkit.types import Attachment, Page, ThreadItem, ThreadMetadata

Context = dict[str, Any]


class ListStore(Store[Context]):
    """Threads and items of one process."""

    def __init__(self) -> None:
        self._threads: dict[str, ThreadMetadata] = {}
        self._items: dict[str, list[ThreadItem]] = {}

    async def load_thread(self, thread_id: str, context: Context) -> ThreadMetadata:
        """The thread."""
        if thread_id not in self._threads:
            raise NotFoundError(thread_id)
        return self._threads[thread_id].model_copy()

    async def save_thread(self, thread: ThreadMetadata, context: Context) -> None:
        """Insert or replace it."""
        self._threads[thread.id] = thread.model_copy()

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: Context
    ) -> Page[ThreadItem]:
        """A page of its items."""
        items = list(self._items.get(thread_id, ()))
        if order == "desc":
            items.reverse()
        ids = [item.id for item in items]
        start = ids.index(after) + 1 if after in ids else 0
        page = items[start : start + limit]
        return Page(data=page, has_more=start + limit < len(items), after=page[-1].id if page else None)

    async def load_threads(self, limit: int, after: str | None, order: str, context: Context) -> Page[ThreadMetadata]:
        """All threads."""
        return Page(data=list(self._threads.values())[:limit])

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: Context) -> None:
        """Append it."""
        self._items.setdefault(thread_id, []).append(item)

    async def save_item(self, thread_id: str, item: ThreadItem, context: Context) -> None:
        """Replace it, or append it."""
        items = self._items.setdefault(thread_id, [])
        for position, known in enumerate(items):
            if known.id == item.id:
                items[position] = item
                return
        items.append(item)

    async def load_item(self, thread_id: str, item_id: str, context: Context) -> ThreadItem:
        """One item."""
        for item in self._items.get(thread_id, ()):
            if item.id == item_id:
                return item
        raise NotFoundError(item_id)

    async def delete_thread(self, thread_id: str, context: Context) -> None:
        """Forget it and its items."""
        self._threads.pop(thread_id, None)
        self._items.pop(thread_id, None)

    async def delete_thread_item(self, thread_id: str, item_id: str, context: Context) -> None:
        """Forget one item."""
        self._items[thread_id] = [item for item in self._items.get(thread_id, ()) if item.id != item_id]

    async def save_attachment(self, attachment: Attachment, context: Context) -> None:
        """There are no attachments here."""
        raise NotImplementedError

    async def load_attachment(self, attachment_id: str, context: Context) -> Attachment:
        """There are no attachments here."""
        raise NotFoundError(attachment_id)

    async def delete_attachment(self, attachment_id: str, context: Context) -> None:
        """There are no attachments here."""
