"""A response that is sent as it comes, until its reader has gone."""

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

_GONE, _LOGIN_ENDED = "gone", "login ended"
_END: HTTPResponseBodyEvent = {"type": "http.response.body", "body": b"", "more_body": False}


class EventStream(Stream):
    """Litestar's, which is held open for less: a task group and its scopes are 3 KB for each that is open.

    With a `watch` it ends with the login that opened it: where its reader can ask for the rest it ends as a whole
    answer, else it is left incomplete, so that its client sees that there is more.
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
        """As Litestar's own does, for what our routes use of it."""
        sent = _Sent(
            iterator=self._events,
            content_length=0,
            cookies=[*self.cookies, *(cookies or ())],
            encoded_headers=encoded_headers,
            encoding=self.encoding,
            headers={**(headers or {}), **self.headers},
            media_type=self.media_type,
            status_code=self.status_code or status_code,
        )
        sent.watch, sent.is_resumable = self._watch, self._is_resumable
        return sent


class _Sent(ASGIStreamingResponse):
    __slots__ = ("is_resumable", "watch")

    watch: LoginWatch | None
    is_resumable: bool

    async def send_body(self, send: Send, receive: Receive) -> None:
        """Send what comes; stop, and close what it comes from, as soon as the reader has gone or their login ends."""
        sending = cast(asyncio.Task[None], asyncio.current_task())
        why_stopped = ""

        def stop(why: str) -> None:
            nonlocal why_stopped
            if not why_stopped:
                why_stopped = why
                sending.cancel()

        async def listen() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            stop(_GONE)

        listening = asyncio.create_task(listen())
        watching = self.watch.watching(lambda: stop(_LOGIN_ENDED)) if self.watch else nullcontext()
        try:
            with watching:
                await self._send_pieces(send)
        except asyncio.CancelledError:
            if not why_stopped or sending.uncancel():
                raise
            if why_stopped == _LOGIN_ENDED and self.is_resumable:
                await send(_END)
        finally:
            listening.cancel()

    async def _send_pieces(self, send: Send) -> None:
        async with aclosing(cast(AsyncGenerator[bytes, None], self.iterator)) as pieces:
            async for piece in pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send(_END)
