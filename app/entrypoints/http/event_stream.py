"""An event stream response that ends when its client disconnects or its login ends."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing, nullcontext
from typing import Any, cast

from litestar import Litestar, Request
from litestar.datastructures import Cookie
from litestar.response import Stream
from litestar.response.base import ASGIResponse
from litestar.response.streaming import ASGIStreamingResponse
from litestar.types import HTTPResponseBodyEvent, Receive, Send

from app.entrypoints.http.login_watch import LoginWatch

_DISCONNECTED, _LOGIN_ENDED = "disconnected", "login ended"
_END: HTTPResponseBodyEvent = {"type": "http.response.body", "body": b"", "more_body": False}


class EventStream(Stream):
    """Litestar's `Stream` without a task group, which costs 3 KB of memory for each open stream.

    With a `watch` the stream ends when the login ends: a resumable stream ends as a complete response, another one
    stays incomplete, so that its client notices the missing rest.
    """

    def __init__(
        self,
        events: AsyncGenerator[bytes, None],
        headers: Mapping[str, str],
        watch: LoginWatch | None = None,
        *,
        is_resumable: bool = False,
    ) -> None:
        super().__init__(events, media_type="text/event-stream", headers=dict(headers))
        self._events, self._watch, self._is_resumable = events, watch, is_resumable

    def to_asgi_response(
        self,
        app: Litestar | None,
        request: Request[Any, Any, Any],
        *,
        cookies: Iterable[Cookie] | None = None,
        encoded_headers: Iterable[tuple[bytes, bytes]] | None = None,
        headers: dict[str, str] | None = None,
        status_code: int | None = None,
        **_: object,
    ) -> ASGIResponse:
        """Build the ASGI response, with the parameters that our routes use."""
        response = _StreamingResponse(
            iterator=self._events,
            content_length=0,
            cookies=[*self.cookies, *(cookies or ())],
            encoded_headers=encoded_headers,
            encoding=self.encoding,
            headers={**(headers or {}), **self.headers},
            media_type=self.media_type,
            status_code=self.status_code or status_code,
        )
        response.watch, response.is_resumable = self._watch, self._is_resumable
        return response


class _StreamingResponse(ASGIStreamingResponse):
    __slots__ = ("is_resumable", "watch")

    watch: LoginWatch | None
    is_resumable: bool

    async def send_body(self, send: Send, receive: Receive) -> None:
        """Send the events; stop and close their generator when the client disconnects or the login ends."""
        sending = cast(asyncio.Task[None], asyncio.current_task())
        stop_reason = ""

        def stop(reason: str) -> None:
            nonlocal stop_reason
            if not stop_reason:
                stop_reason = reason
                sending.cancel()

        async def listen() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            stop(_DISCONNECTED)

        listening = asyncio.create_task(listen())
        watching = self.watch.watching(lambda: stop(_LOGIN_ENDED)) if self.watch else nullcontext()
        try:
            with watching:
                await self._send_events(send)
        except asyncio.CancelledError:
            if not stop_reason or sending.uncancel():
                raise
            if stop_reason == _LOGIN_ENDED and self.is_resumable:
                await send(_END)
        finally:
            listening.cancel()

    async def _send_events(self, send: Send) -> None:
        async with aclosing(cast(AsyncGenerator[bytes, None], self.iterator)) as events:
            async for event in events:
                await send({"type": "http.response.body", "body": event, "more_body": True})
        await send(_END)
