"""Notifying store: publishes every write in the change feed, and retries writes while the database is away."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Literal

import structlog
from chatkit.errors import CustomStreamError
from chatkit.store import NotFoundError, StoreItemType
from chatkit.types import Attachment, Page, ThreadItem, ThreadMetadata

from app.application.attachments.image_ids import attachment_of
from app.application.threads.change_feed import Change, ChangeFeed
from app.application.turns.turn import current_turn
from app.domain.errors import StoreUnavailableError
from app.domain.identity import RequestContext
from app.domain.language import _, deferred
from app.ports.thread_store import Feedback, LoadedContext, ThreadChange, ThreadStore

log = structlog.get_logger(__name__)

UNSAVED = deferred(
    "This answer could not be saved, because the server cannot write to its database. Copy what you need of it: "
    "it will be gone when the page is loaded again. Please tell whoever runs the server."
)
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0


class UnsavedError(StoreUnavailableError, CustomStreamError):
    """A write of an answer failed. It is also a ChatKit error, so that the user sees its text."""

    def __init__(self, message: str, *, detail: str) -> None:
        super().__init__(message, detail=detail)
        self.allow_retry = self.retry
        log.error("answer could not be stored", detail=detail)


@contextmanager
def _as_unsaved() -> Iterator[None]:
    try:
        yield
    except UnsavedError:
        raise
    except StoreUnavailableError as failure:
        raise UnsavedError(failure.message, detail=failure.detail) from failure


class NotifyingThreadStore(ThreadStore):
    """Notifying store: a `ThreadStore` around another one, used by every use case.

    A write of an answer's item is retried for `patience` seconds while the database is away, because a user already
    saw the text. Then it raises `UnsavedError`; every other write raises it at once.
    """

    def __init__(self, store: ThreadStore, changes: ChangeFeed, *, patience: float) -> None:
        self._store = store
        self._changes = changes
        self._patience = patience
        self._new: set[str] = set()

    def generate_thread_id(self, context: RequestContext) -> str:
        thread_id = self._store.generate_thread_id(context)
        self._new.add(thread_id)
        return thread_id

    def generate_item_id(self, item_type: StoreItemType, thread: ThreadMetadata, context: RequestContext) -> str:
        return self._store.generate_item_id(item_type, thread, context)

    async def load_thread(self, thread_id: str, context: RequestContext) -> ThreadMetadata:
        return await self._store.load_thread(thread_id, context)

    async def save_thread(self, thread: ThreadMetadata, context: RequestContext) -> None:
        new = thread.id in self._new
        self._new.discard(thread.id)
        if not new and current_turn.get() is not None:
            # A turn must not bring back a thread that its user deleted.
            await self.update_thread(thread.id, lambda _: thread, context)
            return
        with _as_unsaved():
            await self._store.save_thread(thread, context)
        kind: Literal["thread.created", "thread.updated"] = "thread.created" if new else "thread.updated"
        self._changes.publish(context.user_id, Change(kind, thread.id))

    async def update_thread(self, thread_id: str, change: ThreadChange, context: RequestContext) -> ThreadMetadata:
        with _as_unsaved():
            stored = await self._store.update_thread(thread_id, change, context)
        self._changes.publish(context.user_id, Change("thread.updated", thread_id))
        return stored

    async def create_thread(self, thread: ThreadMetadata, item: ThreadItem, context: RequestContext) -> None:
        await self._store.create_thread(thread, item, context)
        self._new.discard(thread.id)
        self._changes.publish(context.user_id, Change("thread.created", thread.id))
        self._changes.publish(context.user_id, Change("item.added", thread.id, item.id))

    async def load_threads(
        self, limit: int, after: str | None, order: str, context: RequestContext
    ) -> Page[ThreadMetadata]:
        return await self._store.load_threads(limit, after, order, context)

    async def delete_thread(self, thread_id: str, context: RequestContext) -> None:
        await self._store.delete_thread(thread_id, context)
        self._changes.publish(context.user_id, Change("thread.deleted", thread_id))

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: RequestContext
    ) -> Page[ThreadItem]:
        return await self._store.load_thread_items(thread_id, after, limit, order, context)

    async def load_item(self, thread_id: str, item_id: str, context: RequestContext) -> ThreadItem:
        return await self._store.load_item(thread_id, item_id, context)

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: RequestContext) -> None:
        if item.type == "user_message":
            await self._store.add_thread_item(thread_id, item, context)  # Nothing was shown yet.
        else:
            await self._retry(lambda: self._store.add_thread_item(thread_id, item, context))
        self._changes.publish(context.user_id, Change("item.added", thread_id, item.id))

    async def load_context(
        self,
        thread_id: str,
        newest: int,
        context: RequestContext,
        *,
        adding: ThreadItem | None = None,
        with_summary: bool = False,
    ) -> LoadedContext:
        found = await self._store.load_context(thread_id, newest, context, adding=adding, with_summary=with_summary)
        if adding is not None:
            self._changes.publish(context.user_id, Change("item.added", thread_id, adding.id))
        return found

    async def save_item(self, thread_id: str, item: ThreadItem, context: RequestContext) -> None:
        with _as_unsaved():
            await self._store.save_item(thread_id, item, context)
        self._changes.publish(context.user_id, Change("item.updated", thread_id, item.id))

    async def delete_thread_item(self, thread_id: str, item_id: str, context: RequestContext) -> None:
        with _as_unsaved():
            await self._store.delete_thread_item(thread_id, item_id, context)
            if (image := attachment_of(item_id)) is not None:
                with suppress(NotFoundError):
                    await self._store.delete_attachment(image, context)
        self._changes.publish(context.user_id, Change("item.removed", thread_id, item_id))

    async def save_attachment(self, attachment: Attachment, context: RequestContext) -> None:
        await self._store.save_attachment(attachment, context)

    async def load_attachment(self, attachment_id: str, context: RequestContext) -> Attachment:
        return await self._store.load_attachment(attachment_id, context)

    async def delete_attachment(self, attachment_id: str, context: RequestContext) -> None:
        await self._store.delete_attachment(attachment_id, context)

    async def save_feedback(
        self,
        thread_id: str,
        item_ids: Sequence[str],
        kind: Literal["positive", "negative"],
        context: RequestContext,
        *,
        question: str = "",
    ) -> None:
        await self._store.save_feedback(thread_id, item_ids, kind, context, question=question)

    async def load_feedback(self, thread_id: str, context: RequestContext) -> Sequence[Feedback]:
        return await self._store.load_feedback(thread_id, context)

    async def _retry(self, write: Callable[[], Awaitable[None]]) -> None:
        loop = asyncio.get_running_loop()
        deadline, pause = loop.time() + self._patience, FIRST_PAUSE
        while True:
            try:
                return await write()
            except StoreUnavailableError as failure:
                if loop.time() + pause > deadline:
                    raise UnsavedError(_(UNSAVED), detail=failure.detail) from failure
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
