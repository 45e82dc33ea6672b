"""The event fold: applies the events of a stream to the store, and ends the stream.

Behaves as ChatKit's own server; `tests/integration/test_stock_server.py` compares the two.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from typing import Final

import structlog
from chatkit.errors import CustomStreamError, ErrorCode, StreamError
from chatkit.store import NotFoundError
from chatkit.types import (
    ErrorEvent,
    HiddenContextItem,
    SDKHiddenContextItem,
    StreamOptions,
    StreamOptionsEvent,
    ThreadCreatedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemReplacedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    ThreadUpdatedEvent,
)

from app.application.turns.endings import incomplete
from app.application.turns.transcript import Transcript
from app.application.turns.turn import ThreadGoneError, current_turn
from app.domain.clock import clock
from app.domain.errors import AnyportError, StoreUnavailableError
from app.domain.identity import RequestContext
from app.entrypoints.chatkit.opening import Cancellable, Opening, Source
from app.entrypoints.chatkit.presentation import thread_response
from app.entrypoints.chatkit.thread_snapshot import ThreadSnapshot
from app.ports.thread_store import ThreadStore

log = structlog.get_logger(__name__)

CANCELLED: Final = "The user cancelled the stream. Stop responding to the prior request."
"""The words of ChatKit's own server."""

_OPTIONS: Final = StreamOptions(allow_cancel=True)

Encode = Callable[[ThreadStreamEvent], bytes]


class EventFold:
    """Stores the items in a stream's events, for one caller, and encodes the events as frames."""

    def __init__(self, store: ThreadStore, context: RequestContext, encode: Encode) -> None:
        self._store = store
        self._context = context
        self._encode = encode
        self._thread_id = ""
        self._cancellable = False
        self._snapshot: ThreadSnapshot | None = None

    async def frames(self, opening: Opening) -> AsyncGenerator[bytes, None]:
        """The frames of a stream. Raises what `opening` raises before its first event; later errors become events.

        A cancelled stream stores its unfinished messages.
        """
        shown = False
        try:
            async with aclosing(opening):
                while not isinstance(event := await anext(opening), Source):
                    yield self._encode(self._opened(event))
                    shown = True
            snapshot = self._snapshot = ThreadSnapshot(event.thread)
            async with aclosing(event.events) as events:
                async for event in events:
                    if await self._store_item(event, snapshot.thread.id):
                        yield self._encode(event)
                    if snapshot.changed:
                        yield await self._updated(snapshot)
            if snapshot.changed:
                yield await self._updated(snapshot)
        except asyncio.CancelledError:
            with suppress(NotFoundError):  # The thread was deleted meanwhile.
                await self._store_unfinished()
            raise
        except Exception as failure:
            if not shown:
                raise
            for frame in await self._failed(failure):
                yield frame

    def _opened(self, event: ThreadStreamEvent | Cancellable) -> ThreadStreamEvent:
        match event:
            case Cancellable():
                self._thread_id, self._cancellable = event.thread_id, True
                return StreamOptionsEvent(stream_options=_OPTIONS)
            case ThreadCreatedEvent():
                self._thread_id = event.thread.id
        return event

    async def _failed(self, failure: Exception) -> Sequence[bytes]:
        """The frames at the end of a failed stream. Raises `ThreadGoneError` when the thread was deleted."""
        if await self._is_deleted():
            raise ThreadGoneError from None
        frames = [self._encode(_error_event(failure))]
        if self._snapshot is not None and self._snapshot.changed:
            frames.append(await self._updated(self._snapshot))
        return frames

    async def _is_deleted(self) -> bool:
        try:
            await self._store.load_thread(self._thread_id, self._context)
        except NotFoundError:
            return True
        except StoreUnavailableError:
            return False
        return False

    async def _store_item(self, event: ThreadStreamEvent, thread_id: str) -> bool:
        """Store the item of an event; False for a hidden item."""
        match event:
            case ThreadItemDoneEvent():
                await self._store.add_thread_item(thread_id, event.item, self._context)
                return not isinstance(event.item, HiddenContextItem | SDKHiddenContextItem)
            case ThreadItemReplacedEvent():
                await self._store.save_item(thread_id, event.item, self._context)
            case ThreadItemRemovedEvent():
                with suppress(NotFoundError):  # It was announced, and never done.
                    await self._store.delete_thread_item(thread_id, event.item_id, self._context)
            case ErrorEvent() if await self._is_deleted():
                raise ThreadGoneError
        return True

    async def _updated(self, snapshot: ThreadSnapshot) -> bytes:
        thread = await self._store.update_thread(snapshot.thread.id, snapshot.take_change(), self._context)
        return self._encode(ThreadUpdatedEvent(thread=thread_response(thread)))

    async def _store_unfinished(self) -> None:
        """Store the unfinished messages of a cancelled turn as incomplete; the turn adds a note for the user.

        A hidden note for the model of later turns ends the request, unless the server stopped.
        """
        turn, thread_id = current_turn.get(), self._thread_id
        if not self._cancellable:
            return
        if turn is not None:
            for message in Transcript(turn.events).unfinished:
                await self._store.add_thread_item(thread_id, incomplete(message, turn.incomplete_reason), self._context)
            if turn.incomplete_reason == "interrupted":
                return
        now = clock.now()
        thread = ThreadMetadata(id=thread_id, created_at=now)
        id_ = self._store.generate_item_id("sdk_hidden_context", thread, self._context)
        note = SDKHiddenContextItem(id=id_, thread_id=thread_id, created_at=now, content=CANCELLED)
        await self._store.add_thread_item(thread_id, note, self._context)


def _error_event(failure: Exception) -> ErrorEvent:
    match failure:
        case AnyportError():
            return ErrorEvent(message=failure.message, allow_retry=failure.retry)
        case CustomStreamError():
            return ErrorEvent(message=failure.message, allow_retry=failure.allow_retry)
        case StreamError():
            return ErrorEvent(code=failure.code, allow_retry=failure.allow_retry)
    log.exception("answer failed", exc_info=failure)
    return ErrorEvent(code=ErrorCode.STREAM_ERROR, allow_retry=True)
