"""The running turn of a thread: follow it on any replica, or stop it; and the change feed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

from dishka.integrations.litestar import FromDishka
from litestar import Response, get, post
from litestar.datastructures import CacheControlHeader
from litestar.params import HeaderParameter, QueryParameter
from litestar.response import File, Stream
from litestar.types import ControllerRouterHandler

from app.application.limits.open_requests import OpenRequest
from app.application.threads.change_feed import ChangeFeed
from app.application.turns.registry import TurnRegistry
from app.domain.identity import RequestContext
from app.entrypoints.http.auth import OPEN
from app.entrypoints.http.login_watch import LoginWatch
from app.entrypoints.http.streams import TURN_HEADER, event_stream
from app.ports.thread_store import ThreadStore

SCRIPT: Final = Path(__file__).parent.parent / "static" / "anyport.js"
Number = Annotated[int | None, QueryParameter(ge=0, le=2**31 - 1)]


@get("/api/threads/{thread_id:str}/stream", tags=["chat"], summary="Follow a running answer")
async def stream(
    thread_id: str,
    store: FromDishka[ThreadStore],
    turns: FromDishka[TurnRegistry],
    caller: FromDishka[RequestContext],
    watch: FromDishka[LoginWatch],
    opened: FromDishka[OpenRequest],
    after: Number = None,
    turn: str = "",
    running: bool = False,
    last_event_id: Annotated[int | None, HeaderParameter(name="last-event-id", ge=0, le=2**31 - 1)] = None,
) -> Response[None] | Stream:
    """The events after number `after` (or `Last-Event-ID`) of the thread's turn, each with its number as `id:`, then
    the events to come. 204 when no turn runs and none has just ended, or when the turn is not the one of `turn`. With
    `running=true` an ended turn gives 204 as well, for a page that has just loaded the thread."""
    await store.load_thread(thread_id, caller)
    opened.becomes_stream()
    first = after if after is not None else last_event_id or 0
    found = await turns.follow(thread_id, first, turn, running=running)
    if found is None:
        return Response(None, status_code=204)
    return event_stream(found.events, watch, {TURN_HEADER: found.turn_id}, is_resumable=True)


@post("/api/threads/{thread_id:str}/stop", status_code=204, tags=["chat"], summary="Stop a running answer")
async def stop(
    thread_id: str, store: FromDishka[ThreadStore], turns: FromDishka[TurnRegistry], caller: FromDishka[RequestContext]
) -> None:
    """Stop the thread's turn on any replica; its text so far is stored when the response is sent. Idempotent, also
    without a turn."""
    await store.load_thread(thread_id, caller)
    await turns.stop(thread_id)


@get("/api/events", tags=["chat"], summary="The change feed of the caller")
async def events(
    changes: FromDishka[ChangeFeed],
    caller: FromDishka[RequestContext],
    watch: FromDishka[LoginWatch],
    opened: FromDishka[OpenRequest],
) -> Stream:
    """Stream ids of changed threads, items and tasks of all replicas; `resync` stands for missed changes."""
    opened.becomes_stream()
    return event_stream(changes.follow(caller.user_id), watch, is_resumable=True)


@get("/anyport.js", include_in_schema=False, cache_control=CacheControlHeader(no_cache=True), opt=OPEN)
async def script() -> File:
    """Send the module that keeps a page with ChatKit's element up to date; it has no dependencies."""
    return File(SCRIPT, content_disposition_type="inline", media_type="text/javascript")


INJECTED: Final[Sequence[ControllerRouterHandler]] = (stream, stop, events)
