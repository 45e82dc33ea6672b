"""A turn's events as a response."""

from collections.abc import AsyncIterator

from litestar.response import Stream

TURN_HEADER = "x-turn-id"

SSE_HEADERS = {
    # Proxies neither keep, nor re-encode, nor hold back an event stream.
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
}


def event_stream(events: AsyncIterator[bytes], headers: dict[str, str] | None = None) -> Stream:
    """Send events that are framed already. Litestar's `ServerSentEvent` would frame them a second time."""
    return Stream(events, media_type="text/event-stream", headers={**SSE_HEADERS, **(headers or {})})
