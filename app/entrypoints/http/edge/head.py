"""`HEAD`, wherever `GET` answers."""

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPDisconnectEvent, Message, Receive, ReceiveMessage, Scope, Send

_GONE: HTTPDisconnectEvent = {"type": "http.disconnect"}


def answer_head(app: ASGIApp) -> ASGIApp:
    """Answer `HEAD` with the status and the headers of `GET`. The answer is whole with them: a stream that would go on
    sending is told that its reader has gone."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] != "HEAD":
            await app(scope, receive, send)
            return
        begun = False

        async def send_head(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                await send(message)
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        async def receive_until_begun() -> ReceiveMessage:
            return _GONE if begun else await receive()

        await app({**scope, "method": "GET"}, receive_until_begun, send_head)

    return answered
