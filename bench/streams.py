"""What a further open stream adds to the resident memory of a server, for each kind of stream there is."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import msgspec

from bench.client import request
from bench.measures import ask
from bench.servers import Running

FEW: Final = 20
MANY: Final = 120
FOLLOWING: Final = 420
_THREAD: Final = re.compile(rb'"id":"(thr_\w+)"')
_MINUTE_MS: Final = 60_000


class Streams(msgspec.Struct, frozen=True):
    """Bytes for each further answer that is being made; for each further reader of one answer, and for each page that
    waits for changes, both None in a server that has no such streams."""

    answer: float
    reader: float | None = None
    page: float | None = None


async def answer_bytes(server: Running) -> float:
    """Bytes of a further slow answer: the peak memory of a fresh server with many answers, less that with a few."""
    few, many = [await _most_resident(server, streams) for streams in (FEW, MANY)]
    return (many - few) / (MANY - FEW)


async def reader_bytes(server: Running) -> float:
    """Bytes of a further reader of one answer that sends no text meanwhile."""
    async with _answer(server) as thread_id:
        return await _bytes_each(server, f"/api/threads/{thread_id}/stream")


async def page_bytes(server: Running) -> float:
    """Bytes of a further page that waits for changes; there are none."""
    return await _bytes_each(server, "/api/events")


async def _most_resident(server: Running, streams: int) -> int:
    # The more there are, the longer it takes until all are open.
    asking = asyncio.create_task(ask(server, answers=streams, at_once=streams, tokens=4, pace=500 + 15 * streams))
    most = 0
    while not asking.done():
        most = max(most, server.process.memory_info().rss)
        await asyncio.sleep(0.1)
    await asking
    return most


@asynccontextmanager
async def _answer(server: Running) -> AsyncGenerator[str, None]:
    """The thread of an answer whose second token takes a minute."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(request(server.port, 2, _MINUTE_MS))
    try:
        heard = b""
        while b"text_delta" not in heard:
            heard += await _some(reader)
        thread = _THREAD.search(heard)
        assert thread is not None, heard
        thread_id = thread[1].decode()
        yield thread_id
        await _stop(server, thread_id)
    finally:
        writer.close()


async def _stop(server: Running, thread_id: str) -> None:
    """Read to the end of the response: then the turn is over."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    head = f"POST /api/threads/{thread_id}/stop HTTP/1.1\r\nhost: 127.0.0.1:{server.port}\r\nconnection: close\r\n\r\n"
    writer.write(head.encode())
    await reader.read()
    writer.close()


async def _bytes_each(server: Running, path: str) -> float:
    opened: list[asyncio.StreamWriter] = []

    async def resident(streams: int) -> int:
        while len(opened) < streams:
            opened.append(await _opened(server, path))
        return int(server.process.memory_info().rss)

    try:
        few = await resident(FEW)
        return (await resident(FOLLOWING) - few) / (FOLLOWING - FEW)
    finally:
        for writer in opened:
            writer.close()


async def _opened(server: Running, path: str) -> asyncio.StreamWriter:
    """A stream whose first events have arrived."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{server.port}\r\n\r\n".encode())
    heard = b""
    while not re.search(rb"\r\n\r\n.*\n\n", heard, re.DOTALL):
        heard += await _some(reader)
    assert heard.startswith(b"HTTP/1.1 200"), heard
    return writer


async def _some(reader: asyncio.StreamReader) -> bytes:
    if not (data := await reader.read(65536)):
        raise RuntimeError("the server hung up on a stream that was to stay open")
    return data
