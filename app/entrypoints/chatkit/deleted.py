"""A thread that is deleted while it is answered: its stream ends, and has nothing to say about it."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from chatkit.store import NotFoundError
from chatkit.types import ErrorEvent, StreamingReq, ThreadCreatedEvent, ThreadStreamEvent

from app.application.turn import ThreadGoneError
from app.domain.errors import StoreUnavailableError
from app.domain.identity import RequestContext
from app.ports.thread_store import ThreadStore


async def while_it_is_there(
    events: AsyncGenerator[ThreadStreamEvent, None], request: StreamingReq, store: ThreadStore, context: RequestContext
) -> AsyncGenerator[ThreadStreamEvent, None]:
    """The events. Raises `ThreadGoneError` in place of an error that only says that the thread is gone.

    Before the first event it is the caller who asks for a thread that is not there, and NotFoundError stays.
    """
    thread_id, has_begun = getattr(request.params, "thread_id", ""), False
    try:
        async with aclosing(events):
            async for event in events:
                has_begun = True
                if isinstance(event, ThreadCreatedEvent):
                    thread_id = event.thread.id
                if isinstance(event, ErrorEvent) and await _is_gone(thread_id, store, context):
                    raise ThreadGoneError
                yield event
    except NotFoundError:
        if has_begun and await _is_gone(thread_id, store, context):
            raise ThreadGoneError from None
        raise


async def _is_gone(thread_id: str, store: ThreadStore, context: RequestContext) -> bool:
    try:
        await store.load_thread(thread_id, context)
    except NotFoundError:
        return True
    except StoreUnavailableError:
        return False
    return False
