"""A store in memory, as ChatKit's quick start asks for one."""

from collections import defaultdict
from typing import Any

from chatkit.store import NotFoundError, Store
from chatkit.types import Attachment, Page, ThreadItem, ThreadMetadata

Context = dict[str, Any]


class MemoryStore(Store[Context]):
    """Store in dictionaries, without users."""

    def __init__(self) -> None:
        self.threads: dict[str, ThreadMetadata] = {}
        self.items: dict[str, list[ThreadItem]] = defaultdict(list)

    async def load_thread(self, thread_id: str, context: Context) -> ThreadMetadata:
        if thread_id not in self.threads:
            raise NotFoundError(f"Thread {thread_id} not found")
        return self.threads[thread_id]

    async def save_thread(self, thread: ThreadMetadata, context: Context) -> None:
        self.threads[thread.id] = thread

    async def load_threads(self, limit: int, after: str | None, order: str, context: Context) -> Page[ThreadMetadata]:
        return _page(list(self.threads.values()), limit, after, order)

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: Context
    ) -> Page[ThreadItem]:
        return _page(self.items[thread_id], limit, after, order)

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: Context) -> None:
        self.items[thread_id].append(item)

    async def save_item(self, thread_id: str, item: ThreadItem, context: Context) -> None:
        items = self.items[thread_id]
        for index, existing in enumerate(items):
            if existing.id == item.id:
                items[index] = item
                return
        items.append(item)

    async def load_item(self, thread_id: str, item_id: str, context: Context) -> ThreadItem:
        for item in self.items[thread_id]:
            if item.id == item_id:
                return item
        raise NotFoundError(f"Item {item_id} not found")

    async def delete_thread(self, thread_id: str, context: Context) -> None:
        self.threads.pop(thread_id, None)
        self.items.pop(thread_id, None)

    async def delete_thread_item(self, thread_id: str, item_id: str, context: Context) -> None:
        self.items[thread_id] = [item for item in self.items[thread_id] if item.id != item_id]

    async def save_attachment(self, attachment: Attachment, context: Context) -> None:
        raise NotImplementedError

    async def load_attachment(self, attachment_id: str, context: Context) -> Attachment:
        raise NotImplementedError

    async def delete_attachment(self, attachment_id: str, context: Context) -> None:
        raise NotImplementedError


def _page(rows: list[Any], limit: int, after: str | None, order: str) -> Page[Any]:
    ordered = sorted(rows, key=lambda row: row.created_at, reverse=order == "desc")
    start = 0
    if after:
        start = next((index + 1 for index, row in enumerate(ordered) if row.id == after), 0)
    data = ordered[start : start + limit]
    more = start + limit < len(ordered)
    return Page(data=data, has_more=more, after=data[-1].id if more and data else None)
