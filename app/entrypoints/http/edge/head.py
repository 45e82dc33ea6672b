"""`HEAD` requests: every `GET` route answers them."""

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPDisconnectEvent, Message, Receive, ReceiveMessage, Scope, Send

_DISCONNECT: HTTPDisconnectEvent = {"type": "http.disconnect"}


def answer_head(app: ASGIApp) -> ASGIApp:
    """Answer `HEAD` with the status and the headers of `GET`; a stream then gets a disconnect, so that it ends."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] != "HEAD":
            await app(scope, receive, send)
            return
        is_started = False

        async def send_head(message: Message) -> None:
            nonlocal is_started
            if message["type"] == "http.response.start":
                is_started = True
                await send(message)
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        async def receive_until_started() -> ReceiveMessage:
            return _DISCONNECT if is_started else await receive()

        await app({**scope, "method": "GET"}, receive_until_started, send_head)

    return answered
