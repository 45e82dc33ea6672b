"""`python -m bench.reference.relay`: the upstream's bytes passed on by bare ASGI, which is the least that it can cost.

It parses nothing, keeps nothing and knows no ChatKit.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

import uvicorn

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


async def app(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """Health, or the upstream's answer to the same body."""
    if scope["type"] != "http":
        return
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["path"] != "/health":
        body = (await receive())["body"]
        address = urlsplit(os.environ["UPSTREAM"])
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(b"POST / HTTP/1.1\r\nhost: upstream\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
        await reader.readuntil(b"\r\n\r\n")
        while size := int(await reader.readline(), 16):
            piece = await reader.readexactly(size + 2)
            await send({"type": "http.response.body", "body": piece[:-2], "more_body": True})
        writer.close()
    await send({"type": "http.response.body", "body": b""})


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
