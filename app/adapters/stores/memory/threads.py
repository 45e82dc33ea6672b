"""Threads, items, attachments and feedback in dictionaries.

ChatKit's objects are stored as JSON, as in a database: callers share no object with the store, and fields that JSON
loses are lost here too.
"""

import bisect
import copy
import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice, takewhile
from typing import Any, Literal, NamedTuple

from chatkit.store import NotFoundError
from chatkit.types import Attachment, Page, ThreadItem, ThreadMetadata

from app.adapters.stores.memory.ordered_pages import OrderedPages, Position, capped, in_utc
from app.aio.cooperative_yield import CooperativeYield
from app.chatkit_json import bodies
from app.chatkit_json.item_text import text_of_item
from app.domain.clock import clock
from app.domain.identity import RequestContext
from app.ports.approval_log import ApprovalDecision
from app.ports.file_ledger import size_of
from app.ports.thread_store import HIDDEN, PAGE_BYTES, PAGE_LIMIT, Feedback, LoadedContext, ThreadChange, ThreadStore
from app.ports.thread_summaries import ThreadSummary
from app.ports.turn_log import TurnRecord


class _Item(NamedTuple):
    created_at: dt.datetime
    hidden: bool
    body: str

    def load(self) -> ThreadItem:
        item = bodies.load_item(self.body)
        item.created_at = self.created_at
        return item


class StoredAttachment(NamedTuple):
    """An attachment, with the fields that the file ledger needs."""

    id: str
    owner: str
    thread_id: str | None
    body: str
    created_at: dt.datetime
    size: int


class _Thread:
    def __init__(self, id_: str, owner: str, created_at: dt.datetime) -> None:
        self.id = id_
        self.owner = owner
        self.created_at = created_at
        self.body = ""
        self.items: OrderedPages[_Item] = OrderedPages()
        self.feedback: dict[str, tuple[Position, Feedback]] = {}
        self.turns: dict[str, TurnRecord] = {}
        self.approvals: dict[tuple[str, int], ApprovalDecision] = {}
        self.summary: ThreadSummary | None = None
        self.attachments: set[str] = set()

    @property
    def last_change(self) -> dt.datetime:
        last = next(self.items.behind(None, descending=True), self)
        return last.created_at

    def load(self) -> ThreadMetadata:
        metadata: ThreadMetadata = bodies.load(ThreadMetadata, self.body)
        metadata.created_at = self.created_at
        return metadata


class _User:
    def __init__(self) -> None:
        self.threads: OrderedPages[_Thread] = OrderedPages()
        self.attachments: set[str] = set()


class MemoryThreadStore(ThreadStore):
    """`ThreadStore` in dictionaries; the cost of a call depends on its result, not on the size of the store."""

    def __init__(self) -> None:
        self._users: dict[str, _User] = {}
        self._threads: dict[str, _Thread] = {}
        self._by_age: list[tuple[dt.datetime, str]] = []
        self._attachments: dict[str, StoredAttachment] = {}
        self.abandoned: dict[str, None] = {}

    async def load_thread(self, thread_id: str, context: RequestContext) -> ThreadMetadata:
        return self.owned(thread_id, context).load()

    async def save_thread(self, thread: ThreadMetadata, context: RequestContext) -> None:
        body = bodies.dump(ThreadMetadata, thread)
        if thread.id not in self._threads:
            self._begin(_Thread(thread.id, context.user_id, in_utc(thread.created_at)))
        self.owned(thread.id, context).body = body

    async def update_thread(self, thread_id: str, change: ThreadChange, context: RequestContext) -> ThreadMetadata:
        thread = self.owned(thread_id, context)
        thread.body = bodies.dump(ThreadMetadata, change(thread.load()))
        return thread.load()

    async def create_thread(self, thread: ThreadMetadata, item: ThreadItem, context: RequestContext) -> None:
        await self.save_thread(thread, context)
        await self.save_item(thread.id, item, context)

    async def load_threads(
        self, limit: int, after: str | None, order: str, context: RequestContext
    ) -> Page[ThreadMetadata]:
        threads = self._users.get(context.user_id, _User()).threads
        if after is not None and not threads.knows(after):
            raise _not_found("Thread", after)
        return await _page(threads.behind(after, descending=order != "asc"), limit)

    async def delete_thread(self, thread_id: str, context: RequestContext) -> None:
        self._end(self.owned(thread_id, context))

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: RequestContext
    ) -> Page[ThreadItem]:
        items = self.owned(thread_id, context).items
        if after is not None and not items.knows(after):
            raise _not_found("Item", after)
        found = items.behind(after, descending=order != "asc")
        return await _page((item for item in found if context.sees_hidden or not item.hidden), limit)

    async def load_item(self, thread_id: str, item_id: str, context: RequestContext) -> ThreadItem:
        return self._with_item(thread_id, item_id, context).items.values[item_id].load()

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: RequestContext) -> None:
        await self.save_item(thread_id, item, context)

    async def save_item(self, thread_id: str, item: ThreadItem, context: RequestContext) -> None:
        items = self.owned(thread_id, context).items
        first = items.values.get(item.id)
        created_at = first.created_at if first else in_utc(item.created_at)
        body = bodies.dump(ThreadItem, item)
        items.put(item.id, _Item(created_at, item.type in HIDDEN, body), created_at)
        await CooperativeYield().after(len(body))

    async def load_context(
        self,
        thread_id: str,
        newest: int,
        context: RequestContext,
        *,
        adding: ThreadItem | None = None,
        with_summary: bool = False,
    ) -> LoadedContext:
        if adding is not None:
            await self.add_thread_item(thread_id, adding, context)
        thread = self.owned(thread_id, context)
        shown = (item for item in thread.items.behind(None, descending=True) if context.sees_hidden or not item.hidden)
        kept = [*islice(shown, newest)][::-1]
        items = await bodies.load_all(kept, _load)
        turns = {item.id: copy.deepcopy(thread.turns[item.id]) for item in items if item.id in thread.turns}
        summary = thread.summary if with_summary else None
        return LoadedContext(thread=thread.load(), items=items, turns=turns, summary=summary)

    async def delete_thread_item(self, thread_id: str, item_id: str, context: RequestContext) -> None:
        thread = self._with_item(thread_id, item_id, context)
        covered = thread.summary
        if covered is not None and thread.items.position(item_id) <= thread.items.position(covered.until_item_id):
            thread.summary = None
        thread.items.remove(item_id)
        thread.turns.pop(item_id, None)

    async def save_attachment(self, attachment: Attachment, context: RequestContext) -> None:
        body = bodies.dump(Attachment, attachment)
        thread = None if attachment.thread_id is None else self.owned(attachment.thread_id, context)
        created_at = clock.now()
        if attachment.id in self._attachments:
            created_at = self._attachment(attachment.id, context).created_at
            self._detach(attachment.id)
        self._attachments[attachment.id] = StoredAttachment(
            attachment.id, context.user_id, attachment.thread_id, body, created_at, size_of(attachment)
        )
        self._users.setdefault(context.user_id, _User()).attachments.add(attachment.id)
        if thread is not None:
            thread.attachments.add(attachment.id)

    async def load_attachment(self, attachment_id: str, context: RequestContext) -> Attachment:
        attachment: Attachment = bodies.load(Attachment, self._attachment(attachment_id, context).body)
        return attachment

    async def delete_attachment(self, attachment_id: str, context: RequestContext) -> None:
        self._attachment(attachment_id, context)
        self._detach(attachment_id)
        self.abandoned[attachment_id] = None

    def attachments_of(self, user_id: str) -> Sequence[StoredAttachment]:
        """All attachments of a user."""
        return [self._attachments[key] for key in self._users.get(user_id, _User()).attachments]

    def is_unsent(self, attachment_id: str, user_id: str) -> bool:
        """True when the user owns the attachment, and no thread contains it."""
        kept = self._attachments.get(attachment_id)
        return kept is not None and kept.owner == user_id and kept.thread_id is None

    def abandon_orphan(self, key: str) -> None:
        """List a file as abandoned, unless it belongs to an attachment."""
        if key not in self._attachments:
            self.abandoned[key] = None

    def abandon_unsent(self, before: dt.datetime, batch: int) -> int:
        """See `FileLedger.abandon_unsent`."""
        unsent = (kept for kept in self._attachments.values() if kept.thread_id is None and kept.created_at <= before)
        gone = [*islice(unsent, batch)]
        for kept in gone:
            self._detach(kept.id)
            self.abandoned[kept.id] = None
        return len(gone)

    async def save_feedback(
        self,
        thread_id: str,
        item_ids: Sequence[str],
        kind: Literal["positive", "negative"],
        context: RequestContext,
        *,
        question: str = "",
    ) -> None:
        thread = self.owned(thread_id, context)
        for item_id in item_ids:
            self._with_item(thread_id, item_id, context)
        for item_id in item_ids:
            answer = text_of_item(thread.items.values[item_id].load())
            judgement = Feedback(thread_id=thread_id, item_id=item_id, kind=kind, question=question, answer=answer)
            thread.feedback[item_id] = (thread.items.position(item_id), judgement)

    async def load_feedback(self, thread_id: str, context: RequestContext) -> Sequence[Feedback]:
        thread = self.owned(thread_id, context)
        return [judgement for _, judgement in sorted(thread.feedback.values(), key=lambda kept: kept[0])]

    async def sweep(self, before: dt.datetime, batch: int) -> int:
        """See `Storage.sweep`."""
        before = in_utc(before)
        old = takewhile(lambda entry: entry[0] < before, self._by_age)
        idle = (self._threads[key] for _, key in old if self._threads[key].last_change < before)
        gone = [*islice(idle, batch)]
        for thread in gone:
            self._end(thread)
        return len(gone)

    async def erase(self, user_id: str) -> int:
        """Delete the threads and attachments of a user; returns the number of threads."""
        user = self._users.get(user_id, _User())
        gone = [*user.threads.values.values()]
        for thread in gone:
            self._end(thread)
        for key in user.attachments:
            del self._attachments[key]
            self.abandoned[key] = None
        self._users.pop(user_id, None)
        return len(gone)

    def has(self, thread_id: str) -> bool:
        """True when the thread exists, for any user."""
        return thread_id in self._threads

    def owned(self, thread_id: str, context: RequestContext) -> _Thread:
        """The caller's thread. Raises ChatKit's `NotFoundError`."""
        thread = self._threads.get(thread_id)
        if thread is None or thread.owner != context.user_id:
            raise _not_found("Thread", thread_id)
        return thread

    def _begin(self, thread: _Thread) -> None:
        self._threads[thread.id] = thread
        self._users.setdefault(thread.owner, _User()).threads.put(thread.id, thread, thread.created_at)
        bisect.insort(self._by_age, (thread.created_at, thread.id))

    def _end(self, thread: _Thread) -> None:
        user = self._users[thread.owner]
        user.threads.remove(thread.id)
        user.attachments -= thread.attachments
        for key in thread.attachments:
            del self._attachments[key]
            self.abandoned[key] = None
        del self._threads[thread.id]
        del self._by_age[bisect.bisect_left(self._by_age, (thread.created_at, thread.id))]

    def _detach(self, attachment_id: str) -> None:
        kept = self._attachments.pop(attachment_id)
        self._users[kept.owner].attachments.remove(attachment_id)
        if kept.thread_id is not None:
            self._threads[kept.thread_id].attachments.remove(attachment_id)

    def _with_item(self, thread_id: str, item_id: str, context: RequestContext) -> _Thread:
        thread = self.owned(thread_id, context)
        if item_id not in thread.items.values:
            raise _not_found("Item", item_id)
        return thread

    def _attachment(self, attachment_id: str, context: RequestContext) -> StoredAttachment:
        attachment = self._attachments.get(attachment_id)
        if attachment is None or attachment.owner != context.user_id:
            raise _not_found("Attachment", attachment_id)
        return attachment


async def _page(found: Iterator[_Item | _Thread], limit: int) -> Page[Any]:
    listed = [*islice(found, capped(limit, PAGE_LIMIT) + 1)]
    kept = listed[: capped(limit, PAGE_LIMIT)]
    sizes = accumulate(len(entry.body.encode(errors="surrogatepass")) for entry in kept)
    fitting = max(1, sum(size <= PAGE_BYTES for size in sizes))
    more = len(listed) > fitting
    data = await bodies.load_all(kept[:fitting], _load)
    return Page(data=data, has_more=more, after=data[-1].id if more else None)


def _load(entry: _Item | _Thread) -> Any:
    return entry.load()


def _not_found(what: str, id_: str) -> NotFoundError:
    return NotFoundError(f"{what} {id_} not found")
