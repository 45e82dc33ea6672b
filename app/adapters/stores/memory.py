"""Everything in this process, gone when it ends: for tests and for trying things out."""

import bisect
import copy
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Generic, Literal, TypeVar

from chatkit.store import NotFoundError
from chatkit.types import Attachment, Page, ThreadItem, ThreadMetadata

from app.domain import errors
from app.domain.identity import RequestContext
from app.domain.task import Status, Task
from app.ports.storage import Erasure, Storage
from app.ports.task_repository import TaskRepository
from app.ports.thread_store import PAGE_LIMIT, Feedback, ThreadStore
from app.ports.turn_log import TurnLog, TurnRecord

TASK_LIMIT = 500

Value = TypeVar("Value")
Stamped = TypeVar("Stamped", ThreadItem, ThreadMetadata)
Position = tuple[dt.datetime, int]

_HIDDEN = frozenset({"hidden_context_item", "sdk_hidden_context"})


class Shelf(Generic[Value]):
    """Values by id, in the order of (time, insertion). It remembers where what was removed stood."""

    def __init__(self) -> None:
        self.values: dict[str, Value] = {}
        self._positions: dict[str, Position] = {}
        self._order: list[tuple[Position, str]] = []
        self._inserted = 0

    def put(self, key: str, value: Value, at: dt.datetime) -> None:
        """Insert, or replace in place."""
        if key not in self.values:
            self._inserted += 1
            self._positions[key] = (at, self._inserted)
            bisect.insort(self._order, (self._positions[key], key))
        self.values[key] = value

    def remove(self, key: str) -> None:
        """Remove what is there."""
        del self.values[key]
        del self._order[bisect.bisect_left(self._order, (self._positions[key], key))]

    def knows(self, key: str) -> bool:
        """Whether it is there, or was."""
        return key in self._positions

    def behind(self, key: str | None, *, descending: bool = False) -> Iterator[Value]:
        """The values behind `key` in the given direction; all of them when it is None."""
        order = self._order
        if descending:
            stop = len(order) if key is None else bisect.bisect_left(order, (self._positions[key], key))
            return (self.values[order[index][1]] for index in range(stop - 1, -1, -1))
        start = 0 if key is None else bisect.bisect_right(order, (self._positions[key], key))
        return (self.values[order[index][1]] for index in range(start, len(order)))


class _Thread:
    def __init__(self, owner: str, metadata: ThreadMetadata) -> None:
        self.owner = owner
        self.metadata = metadata
        self.items: Shelf[ThreadItem] = Shelf()
        self.feedback: dict[str, Feedback] = {}
        self.turns: dict[str, TurnRecord] = {}

    @property
    def last_change(self) -> dt.datetime:
        last = next(self.items.behind(None, descending=True), self.metadata)
        return last.created_at


class MemoryThreadStore(ThreadStore):
    """`ThreadStore` in dictionaries. What goes in and out is copied: nobody holds a piece of the store."""

    def __init__(self) -> None:
        self._threads: dict[str, _Thread] = {}
        self._by_user: dict[str, Shelf[_Thread]] = {}
        self._attachments: dict[str, tuple[str, Attachment]] = {}

    async def load_thread(self, thread_id: str, context: RequestContext) -> ThreadMetadata:
        return copy.deepcopy(self.owned(thread_id, context).metadata)

    async def save_thread(self, thread: ThreadMetadata, context: RequestContext) -> None:
        # A `Thread` with its items may come in; what is kept is its metadata.
        kept = ThreadMetadata.model_validate(thread.model_dump(include=set(ThreadMetadata.model_fields)))
        if thread.id in self._threads:
            present = self.owned(thread.id, context)
            present.metadata = kept.model_copy(update={"created_at": present.metadata.created_at})
            return
        new = _Thread(context.user_id, _in_utc(kept))
        self._threads[thread.id] = new
        self._by_user.setdefault(context.user_id, Shelf()).put(thread.id, new, new.metadata.created_at)

    async def load_threads(
        self, limit: int, after: str | None, order: str, context: RequestContext
    ) -> Page[ThreadMetadata]:
        shelf = self._by_user.get(context.user_id, Shelf())
        if after is not None and not shelf.knows(after):
            raise NotFoundError(f"Thread {after} not found")
        found = shelf.behind(after, descending=order == "desc")
        return _page((thread.metadata for thread in found), limit)

    async def delete_thread(self, thread_id: str, context: RequestContext) -> None:
        self.owned(thread_id, context)
        del self._threads[thread_id]
        self._by_user[context.user_id].remove(thread_id)
        gone = [key for key, (_, attachment) in self._attachments.items() if attachment.thread_id == thread_id]
        for key in gone:
            del self._attachments[key]

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: RequestContext
    ) -> Page[ThreadItem]:
        items = self.owned(thread_id, context).items
        if after is not None and not items.knows(after):
            raise NotFoundError(f"Item {after} not found")
        found = items.behind(after, descending=order == "desc")
        return _page((item for item in found if context.sees_hidden or item.type not in _HIDDEN), limit)

    async def load_item(self, thread_id: str, item_id: str, context: RequestContext) -> ThreadItem:
        return copy.deepcopy(self._item(thread_id, item_id, context))

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: RequestContext) -> None:
        items = self.owned(thread_id, context).items
        kept = _in_utc(copy.deepcopy(item))
        if item.id in items.values:
            kept = kept.model_copy(update={"created_at": items.values[item.id].created_at})
        items.put(item.id, kept, kept.created_at)

    async def save_item(self, thread_id: str, item: ThreadItem, context: RequestContext) -> None:
        await self.add_thread_item(thread_id, item, context)

    async def delete_thread_item(self, thread_id: str, item_id: str, context: RequestContext) -> None:
        self._item(thread_id, item_id, context)
        thread = self._threads[thread_id]
        thread.items.remove(item_id)
        thread.feedback.pop(item_id, None)
        thread.turns.pop(item_id, None)

    async def save_attachment(self, attachment: Attachment, context: RequestContext) -> None:
        if attachment.id in self._attachments:
            self._attachment(attachment.id, context)
        if attachment.thread_id is not None:
            self.owned(attachment.thread_id, context)
        self._attachments[attachment.id] = (context.user_id, copy.deepcopy(attachment))

    async def load_attachment(self, attachment_id: str, context: RequestContext) -> Attachment:
        return copy.deepcopy(self._attachment(attachment_id, context))

    async def delete_attachment(self, attachment_id: str, context: RequestContext) -> None:
        self._attachment(attachment_id, context)
        del self._attachments[attachment_id]

    async def save_feedback(
        self,
        thread_id: str,
        item_ids: Sequence[str],
        kind: Literal["positive", "negative"],
        context: RequestContext,
    ) -> None:
        for item_id in item_ids:
            self._item(thread_id, item_id, context)
        for item_id in item_ids:
            judged = Feedback(thread_id=thread_id, item_id=item_id, kind=kind)
            self._threads[thread_id].feedback[item_id] = judged

    async def load_feedback(self, thread_id: str, context: RequestContext) -> Sequence[Feedback]:
        thread = self.owned(thread_id, context)
        return [thread.feedback[item.id] for item in thread.items.behind(None) if item.id in thread.feedback]

    def idle_since(self, before: dt.datetime, limit: int) -> list[tuple[str, str]]:
        """Ids and owners of threads whose last item, or else whose beginning, is older; the oldest first."""
        idle = [key for key, thread in self._threads.items() if thread.last_change < before]
        idle.sort(key=lambda key: self._threads[key].metadata.created_at)
        return [(key, self._threads[key].owner) for key in idle[:limit]]

    def erase(self, user_id: str) -> int:
        """Forget a user; returns how many threads went."""
        gone = [key for key, thread in self._threads.items() if thread.owner == user_id]
        for key in gone:
            del self._threads[key]
        self._by_user.pop(user_id, None)
        self._attachments = {key: kept for key, kept in self._attachments.items() if kept[0] != user_id}
        return len(gone)

    def owned(self, thread_id: str, context: RequestContext) -> _Thread:
        """The caller's thread. Raises ChatKit's `NotFoundError`."""
        thread = self._threads.get(thread_id)
        if thread is None or thread.owner != context.user_id:
            raise NotFoundError(f"Thread {thread_id} not found")
        return thread

    def _item(self, thread_id: str, item_id: str, context: RequestContext) -> ThreadItem:
        item = self.owned(thread_id, context).items.values.get(item_id)
        if item is None:
            raise NotFoundError(f"Item {item_id} not found")
        return item

    def _attachment(self, attachment_id: str, context: RequestContext) -> Attachment:
        owner, attachment = self._attachments.get(attachment_id, (None, None))
        if attachment is None or owner != context.user_id:
            raise NotFoundError(f"Attachment {attachment_id} not found")
        return attachment


class MemoryTurnLog(TurnLog):
    """`TurnLog` beside the threads."""

    def __init__(self, threads: MemoryThreadStore) -> None:
        self._threads = threads

    async def finish(self, record: TurnRecord, context: RequestContext) -> None:
        self._threads.owned(record.thread_id, context).turns[record.after_item_id] = copy.deepcopy(record)

    async def recall(
        self, thread_id: str, after_item_ids: Sequence[str], context: RequestContext
    ) -> Mapping[str, TurnRecord]:
        turns = self._threads.owned(thread_id, context).turns
        return {key: copy.deepcopy(turns[key]) for key in after_item_ids if key in turns}


class MemoryTaskRepository(TaskRepository):
    """`TaskRepository` in a shelf for each user."""

    def __init__(self) -> None:
        self._users: dict[str, Shelf[Task]] = {}

    async def add(self, task: Task) -> None:
        self._users.setdefault(task.user_id, Shelf()).put(task.id, task, task.created_at)

    async def get(self, user_id: str, task_id: str) -> Task:
        task = self._shelf(user_id).values.get(task_id)
        if task is None:
            raise errors.NotFoundError(f"There is no task {task_id!r}.")
        return task

    async def list(
        self, user_id: str, *, status: Status | None = None, after: str | None = None, limit: int = 100
    ) -> Sequence[Task]:
        shelf = self._shelf(user_id)
        if after is not None and not shelf.knows(after):
            raise errors.NotFoundError(f"There is no task {after!r}.")
        fitting = (task for task in shelf.behind(after) if status in (None, task.status))
        return [*islice(fitting, max(1, min(limit, TASK_LIMIT)))]

    async def find_by_title(self, user_id: str, title: str, *, limit: int = 10) -> Sequence[Task]:
        sought = title.casefold()
        found = [task for task in self._shelf(user_id).behind(None) if sought in task.title.casefold()]
        found.sort(key=lambda task: task.title.casefold() != sought)
        return found[:limit]

    async def update(self, task: Task) -> None:
        present = await self.get(task.user_id, task.id)
        if present.version != task.version - 1:
            raise errors.ConflictError("Somebody changed this task in the meantime. Please try again.")
        self._shelf(task.user_id).put(task.id, task, task.created_at)

    async def delete(self, user_id: str, task_id: str) -> None:
        await self.get(user_id, task_id)
        self._shelf(user_id).remove(task_id)

    def erase(self, user_id: str) -> int:
        """Forget a user; returns how many tasks went."""
        return len(self._users.pop(user_id, Shelf()).values)

    def _shelf(self, user_id: str) -> Shelf[Task]:
        return self._users.get(user_id, Shelf())


class MemoryStorage(Storage):
    """All of it."""

    name = "memory"
    location = "memory://"
    threads: MemoryThreadStore
    tasks: MemoryTaskRepository

    def __init__(self) -> None:
        self.threads = MemoryThreadStore()
        self.tasks = MemoryTaskRepository()
        self.turn_log = MemoryTurnLog(self.threads)

    async def start(self) -> None:
        """Nothing to connect to."""

    async def check(self) -> None:
        """Always there."""

    async def sweep(self, before: dt.datetime, *, batch: int = 100) -> int:
        old = self.threads.idle_since(before, batch)
        for thread_id, owner in old:
            await self.threads.delete_thread(thread_id, RequestContext(user_id=owner))
        return len(old)

    async def forget_cursors(self, before: dt.datetime) -> None:
        """Positions cost a few bytes here, and end with the process."""

    async def erase(self, user_id: str) -> Erasure:
        return Erasure(threads=self.threads.erase(user_id), tasks=self.tasks.erase(user_id))

    async def aclose(self) -> None:
        """Nothing to close."""


def _page(found: Iterator[Any], limit: int) -> Page[Any]:
    limit = max(1, min(limit, PAGE_LIMIT))
    data = [*islice(found, limit + 1)]
    more = len(data) > limit
    shown = copy.deepcopy(data[:limit])
    return Page(data=shown, has_more=more, after=shown[-1].id if more else None)


def _in_utc(stamped: Stamped) -> Stamped:
    return stamped.model_copy(update={"created_at": stamped.created_at.astimezone(dt.UTC)})
