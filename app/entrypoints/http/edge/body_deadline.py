"""A request's body has to keep coming. What comes after an answer, `app/entrypoints/cli/connections.py` bounds."""

import asyncio

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, ReceiveMessage, Scope, Send

from app.domain.language import _
from app.entrypoints.http.errors import RefusedException

_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
"""No route reads a body of these; a stream only listens for the end of its connection."""

BYTES_A_SECOND = 4096
"""Slower than any mobile network; a client that drips a body holds a connection and a task all the while."""


def hurry_bodies(app: ASGIApp, patience: float) -> ASGIApp:
    """Answer 408 to a body that falls behind: `patience` seconds, and as many more as the bytes so far were worth."""

    async def hurried(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] in _WITHOUT_BODY:
            await app(scope, receive, send)
            return
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience
        whole = False

        async def receive_in_time() -> ReceiveMessage:
            nonlocal deadline, whole
            if whole:  # What comes now is that the client has gone, whenever that is.
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError as error:
                raise RefusedException(_("The request's body came too slowly."), status_code=408) from error
            if message["type"] == "http.request":
                whole = not message["more_body"]
                deadline += len(message["body"]) / BYTES_A_SECOND
            else:  # Litestar would take a client that went for a mistake of ours.
                raise RefusedException(_("The request broke off."), status_code=400)
            return message

        await app(scope, receive_in_time, send)

    return hurried
