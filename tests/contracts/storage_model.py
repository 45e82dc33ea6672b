"""Model of a storage: the guarantees of the ports in the simplest code, for comparison with each adapter."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from chatkit.types import Attachment, Page, ThreadItem, ThreadMetadata

from app.chatkit_json.item_text import text_of_item
from app.domain import errors
from app.domain.identity import RequestContext
from app.domain.task import Status, Task
from app.ports.thread_store import PAGE_LIMIT, Feedback, LoadedContext, ThreadChange
from app.ports.thread_summaries import ThreadSummary
from app.ports.turn_log import TurnRecord

HIDDEN = ("hidden_context_item", "sdk_hidden_context")


class Listing:
    """Ids in the order of (time, insertion); a removed id keeps its place, as a tombstone does."""

    def __init__(self) -> None:
        self.present: list[str] = []
        self._places: dict[str, tuple[dt.datetime, int]] = {}
        self._added = 0

    def add(self, id_: str, at: dt.datetime) -> None:
        """Add an id, unless it has a place."""
        if id_ not in self.present:
            self._added += 1
            self._places[id_] = (at, self._added)
            self.present.append(id_)

    def place(self, id_: str) -> tuple[dt.datetime, int]:
        """Return the place of an id."""
        return self._places[id_]

    def behind(self, after: str | None, order: str) -> list[str]:
        """Return all ids behind `after`. Raises `KeyError` for an unknown one."""
        ids = sorted(self.present, key=self._places.__getitem__)
        if after is not None:
            place = self._places[after]
            ids = [id_ for id_ in ids if (self._places[id_] > place if order == "asc" else self._places[id_] < place)]
        return ids if order == "asc" else ids[::-1]


class Conversation(msgspec.Struct, kw_only=True):
    """Thread with its contents."""

    owner: str
    metadata: ThreadMetadata
    items: dict[str, ThreadItem] = {}
    order: Listing = msgspec.field(default_factory=Listing)
    feedback: dict[str, tuple[tuple[dt.datetime, int], Feedback]] = {}
    turns: dict[str, TurnRecord] = {}
    summary: ThreadSummary | None = None


class ThreadsModel:
    """`ThreadStore`, `TurnLog` and `ThreadSummaries`, but for what is missing: here it raises `KeyError`."""

    def __init__(self) -> None:
        self._threads: dict[str, Conversation] = {}
        self._orders: defaultdict[str, Listing] = defaultdict(Listing)
        self._attachments: dict[str, tuple[str, Attachment]] = {}

    def load_thread(self, thread_id: str, context: RequestContext) -> ThreadMetadata:
        """As the port says."""
        return self._own(thread_id, context).metadata

    def save_thread(self, thread: ThreadMetadata, context: RequestContext) -> None:
        """As the port says."""
        if thread.id in self._threads:
            present = self._own(thread.id, context)
            present.metadata = thread.model_copy(update={"created_at": present.metadata.created_at})
            return
        self._threads[thread.id] = Conversation(owner=context.user_id, metadata=thread)
        self._orders[context.user_id].add(thread.id, thread.created_at)

    def update_thread(self, thread_id: str, change: ThreadChange, context: RequestContext) -> ThreadMetadata:
        """As the port says."""
        present = self._own(thread_id, context)
        changed = change(present.metadata)
        present.metadata = changed.model_copy(update={"created_at": present.metadata.created_at})
        return present.metadata

    def load_threads(self, limit: int, after: str | None, order: str, context: RequestContext) -> Page[ThreadMetadata]:
        """As the port says."""
        ids = self._orders[context.user_id].behind(after, order)
        return _page([self._threads[id_].metadata for id_ in ids], limit)

    def delete_thread(self, thread_id: str, context: RequestContext) -> None:
        """As the port says."""
        self._own(thread_id, context)
        del self._threads[thread_id]
        self._orders[context.user_id].present.remove(thread_id)
        staying = {key: kept for key, kept in self._attachments.items() if kept[1].thread_id != thread_id}
        self._attachments = staying

    def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: RequestContext
    ) -> Page[ThreadItem]:
        """As the port says."""
        thread = self._own(thread_id, context)
        items = [thread.items[id_] for id_ in thread.order.behind(after, order)]
        return _page([item for item in items if context.sees_hidden or item.type not in HIDDEN], limit)

    def load_item(self, thread_id: str, item_id: str, context: RequestContext) -> ThreadItem:
        """As the port says."""
        return self._own(thread_id, context).items[item_id]

    def save_item(self, thread_id: str, item: ThreadItem, context: RequestContext) -> None:
        """As the port says."""
        thread = self._own(thread_id, context)
        first = thread.items.get(item.id, item)
        thread.items[item.id] = item.model_copy(update={"created_at": first.created_at})
        thread.order.add(item.id, item.created_at)

    add_thread_item = save_item

    def delete_thread_item(self, thread_id: str, item_id: str, context: RequestContext) -> None:
        """As the port says."""
        thread = self._own(thread_id, context)
        del thread.items[item_id]
        thread.order.present.remove(item_id)
        thread.turns.pop(item_id, None)
        if thread.summary and thread.order.place(item_id) <= thread.order.place(thread.summary.until_item_id):
            thread.summary = None

    def save_attachment(self, attachment: Attachment, context: RequestContext) -> None:
        """As the port says."""
        if attachment.id in self._attachments:
            self.load_attachment(attachment.id, context)
        if attachment.thread_id is not None:
            self._own(attachment.thread_id, context)
        self._attachments[attachment.id] = (context.user_id, attachment)

    def load_attachment(self, attachment_id: str, context: RequestContext) -> Attachment:
        """As the port says."""
        owner, attachment = self._attachments[attachment_id]
        if owner != context.user_id:
            raise KeyError(attachment_id)
        return attachment

    def delete_attachment(self, attachment_id: str, context: RequestContext) -> None:
        """As the port says."""
        self.load_attachment(attachment_id, context)
        del self._attachments[attachment_id]

    def save_feedback(
        self,
        thread_id: str,
        item_ids: Sequence[str],
        kind: Literal["positive", "negative"],
        context: RequestContext,
        *,
        question: str = "",
    ) -> None:
        """As the port says."""
        thread = self._own(thread_id, context)
        items = [thread.items[item_id] for item_id in item_ids]
        for item in items:
            answer = text_of_item(item)
            judged = Feedback(thread_id=thread_id, item_id=item.id, kind=kind, question=question, answer=answer)
            thread.feedback[item.id] = (thread.order.place(item.id), judged)

    def load_feedback(self, thread_id: str, context: RequestContext) -> list[Feedback]:
        """As the port says."""
        thread = self._own(thread_id, context)
        return [judged for _, judged in sorted(thread.feedback.values(), key=lambda kept: kept[0])]

    def save(self, record: TurnRecord, context: RequestContext) -> None:
        """As the port says."""
        self._own(record.thread_id, context).turns[record.after_item_id] = record

    def save_summary(
        self, summary: ThreadSummary, context: RequestContext, *, replacing: str | None, items: int
    ) -> bool:
        """`ThreadSummaries.save`, as the port says."""
        thread = self._own(summary.thread_id, context)
        if (thread.summary.id if thread.summary else None) != replacing or summary.until_item_id not in thread.items:
            return False
        behind = thread.order.behind(thread.summary.until_item_id if thread.summary else None, "asc")
        last = thread.order.place(summary.until_item_id)
        if len([id_ for id_ in behind if thread.order.place(id_) <= last]) != items:
            return False
        thread.summary = summary
        return True

    def load_summary(self, thread_id: str, context: RequestContext) -> ThreadSummary | None:
        """`ThreadSummaries.load`, as the port says."""
        return self._own(thread_id, context).summary

    def create_thread(self, thread: ThreadMetadata, item: ThreadItem, context: RequestContext) -> None:
        """As the port says."""
        self.save_thread(thread, context)
        self.save_item(thread.id, item, context)

    def load_context(
        self,
        thread_id: str,
        newest: int,
        context: RequestContext,
        *,
        adding: ThreadItem | None = None,
        with_summary: bool = False,
    ) -> LoadedContext:
        """`ThreadStore.load_context`, as the port says."""
        if adding is not None:
            self.save_item(thread_id, adding, context)
        thread = self._own(thread_id, context)
        items = [thread.items[id_] for id_ in thread.order.behind(None, "asc")]
        shown = [item for item in items if context.sees_hidden or item.type not in HIDDEN][-newest:]
        turns = {item.id: thread.turns[item.id] for item in shown if item.id in thread.turns}
        summary = thread.summary if with_summary else None
        return LoadedContext(thread=thread.metadata, items=shown, turns=turns, summary=summary)

    def load(self, thread_id: str, after_item_ids: Sequence[str], context: RequestContext) -> dict[str, TurnRecord]:
        """As the port says."""
        turns = self._own(thread_id, context).turns
        return {id_: turns[id_] for id_ in after_item_ids if id_ in turns}

    def _own(self, thread_id: str, context: RequestContext) -> Conversation:
        thread = self._threads[thread_id]
        if thread.owner != context.user_id:
            raise KeyError(thread_id)
        return thread


class TasksModel:
    """`TaskRepository`, but for what is missing: here it raises `KeyError`."""

    def __init__(self) -> None:
        self._tasks: defaultdict[str, dict[str, Task]] = defaultdict(dict)
        self._orders: defaultdict[str, Listing] = defaultdict(Listing)

    def add(self, task: Task) -> None:
        """As the port says."""
        if task.id in self._tasks[task.user_id]:
            raise errors.ConflictError(task.id)
        self._tasks[task.user_id][task.id] = task
        self._orders[task.user_id].add(task.id, task.created_at)

    def get(self, user_id: str, task_id: str) -> Task:
        """As the port says."""
        return self._tasks[user_id][task_id]

    def list(
        self, user_id: str, *, status: Status | None = None, after: str | None = None, limit: int = 100
    ) -> Sequence[Task]:
        """As the port says."""
        tasks = [self._tasks[user_id][id_] for id_ in self._orders[user_id].behind(after, "asc")]
        return [task for task in tasks if status in (None, task.status)][: max(1, limit)]

    def find_by_title(self, user_id: str, title: str, *, limit: int = 10) -> Sequence[Task]:
        """As the port says."""
        sought = title.casefold()
        found = [task for task in self.list(user_id) if sought in task.title.casefold()]
        exact = [task for task in found if task.title.casefold() == sought]
        return [*exact, *(task for task in found if task not in exact)][: max(1, limit)]

    def update(self, task: Task) -> None:
        """As the port says."""
        if self.get(task.user_id, task.id).version != task.version - 1:
            raise errors.ConflictError(task.id)
        self._tasks[task.user_id][task.id] = task

    def delete(self, user_id: str, task_id: str) -> None:
        """As the port says."""
        del self._tasks[user_id][task_id]
        self._orders[user_id].present.remove(task_id)


def _page(entries: Sequence[Any], limit: int) -> Page[Any]:
    limit = max(1, min(limit, PAGE_LIMIT))
    more = len(entries) > limit
    return Page(data=[*entries[:limit]], has_more=more, after=entries[limit - 1].id if more else None)
