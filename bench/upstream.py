"""`python -m bench.upstream`: a model that costs next to nothing, in the form of chat completions.

The user's message says what to answer: `tokens=200 pace=15` is 200 tokens, one every 15 ms; without a pace one leaves
with each pass of the loop. Frames are encoded once. Prints its port.
"""

import asyncio
import re
from functools import cache
from typing import cast

import uvloop

from bench.answer import chunk_of, tokens

_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_WISH = re.compile(rb"tokens=(\d+) pace=(\d+)")
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@cache
def frames(count: int) -> list[bytes]:
    """All writes of an answer of so many tokens, headers and end included."""
    texts = [chunk_of(token) for token in tokens(count)]
    end = b'"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":'
    end += b'{"prompt_tokens":9,"completion_tokens":%d,"total_tokens":%d}' % (count, count + 9)
    last = b'{"id":"c","object":"chat.completion.chunk","created":1,"model":"bench",%s}' % end
    events = [b"data: %s\n\n" % data for data in (*texts, last, b"[DONE]")]
    body = [b"%x\r\n%s\r\n" % (len(event), event) for event in events]
    return [_HEAD + body[0], *body[1:-2], body[-2] + body[-1] + b"0\r\n\r\n"]


class Upstream(asyncio.Protocol):
    """One connection; answers one request after the other."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop's is no subclass
        self._loop = asyncio.get_running_loop()
        self._received = b""

    def data_received(self, data: bytes) -> None:
        """Answer once the request is whole."""
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not separator or len(body) < (int(length[1]) if length else 0):
            return
        self._received = b""
        wish = _WISH.findall(body)
        count, pace = map(int, wish[-1]) if wish else (1, 0)
        self._send(frames(count), 0, pace / 1000, self._loop.time())

    def _send(self, writes: list[bytes], position: int, pace: float, due: float) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(writes[position])
        position += 1
        if position == len(writes):
            return
        if pace:
            self._loop.call_at(due + pace, self._send, writes, position, pace, due + pace)
        else:
            self._loop.call_soon(self._send, writes, position, pace, due)


async def serve() -> None:
    """Listen on a free port for ever."""
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
