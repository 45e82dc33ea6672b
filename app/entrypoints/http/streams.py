"""A turn's events as a response."""

from collections.abc import AsyncGenerator

from litestar.types import ASGIApp, Receive, Scope, Send

from app.domain.errors import ClosingError
from app.entrypoints.http.event_stream import EventStream
from app.entrypoints.http.login_watch import LoginWatch

TURN_HEADER = "x-turn-id"

SSE_HEADERS = {
    # Nobody keeps an event stream, and proxies neither re-encode it nor hold it back.
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
    """Send events that are framed already, while the login lasts. Litestar's `ServerSentEvent` would frame them a
    second time."""
    return EventStream(events, {**SSE_HEADERS, **(headers or {})}, watch, is_resumable=is_resumable)


def hang_up_when_closing(app: ASGIApp) -> ASGIApp:
    """Leave an answer incomplete whose stream raised `ClosingError`, so that the server hangs up: its client sees that
    there is more, and asks again."""

    async def hanging_up(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except Exception as error:
            if not _because_of_closing(error):
                raise

    return hanging_up


def _because_of_closing(error: BaseException | None) -> bool:
    # Litestar wraps what breaks an answer off.
    return isinstance(error, ClosingError) or (error is not None and _because_of_closing(error.__cause__))
