"""A deadline for request bodies; bytes after the response are bounded by `app/patches/bounded_connections`."""

import asyncio

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, ReceiveMessage, Scope, Send

from app.domain.language import _
from app.entrypoints.http.errors import RefusedException

_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods without a body: no route reads one, and streams only wait for the disconnect."""

BYTES_A_SECOND = 4096
"""The slowest accepted rate, below that of any mobile network: a slow body holds a connection and a task."""


def enforce_body_deadline(app: ASGIApp, patience: float) -> ASGIApp:
    """Answer 408 when a body misses its deadline: `patience` seconds, and one more for each `BYTES_A_SECOND` read."""

    async def timed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] in _WITHOUT_BODY:
            await app(scope, receive, send)
            return
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience
        is_complete = False

        async def receive_in_time() -> ReceiveMessage:
            nonlocal deadline, is_complete
            if is_complete:  # The next message is the disconnect, which has no deadline.
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError as error:
                raise RefusedException(_("The request's body came too slowly."), status_code=408) from error
            if message["type"] == "http.request":
                is_complete = not message["more_body"]
                deadline += len(message["body"]) / BYTES_A_SECOND
            else:  # Litestar would log the disconnect as a crash.
                raise RefusedException(_("The request broke off."), status_code=400)
            return message

        await app(scope, receive_in_time, send)

    return timed
