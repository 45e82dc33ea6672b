"""Event stream responses of turns, and their end when the server stops."""

from collections.abc import AsyncGenerator

from litestar.types import ASGIApp, Receive, Scope, Send

from app.domain.errors import ClosingError
from app.entrypoints.http.event_stream import EventStream
from app.entrypoints.http.login_watch import LoginWatch

TURN_HEADER = "x-turn-id"

SSE_HEADERS = {
    # Caches must not store an event stream; proxies must not transform or buffer it.
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",
}


def event_stream(
    events: AsyncGenerator[bytes, None],
    watch: LoginWatch,
    headers: dict[str, str] | None = None,
    *,
    is_resumable: bool = False,
) -> EventStream:
    """Build the response for encoded events; it ends with the login. Litestar's `ServerSentEvent` would encode the
    events a second time."""
    return EventStream(events, {**SSE_HEADERS, **(headers or {})}, watch, is_resumable=is_resumable)


def abort_when_closing(app: ASGIApp) -> ASGIApp:
    """Leave a response incomplete after `ClosingError`: the server closes the connection, and the client resumes the
    stream elsewhere."""

    async def aborting(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except Exception as error:
            if not _because_of_closing(error):
                raise

    return aborting


def _because_of_closing(error: BaseException | None) -> bool:
    # Litestar wraps an exception that is raised in a stream.
    return isinstance(error, ClosingError) or (error is not None and _because_of_closing(error.__cause__))
