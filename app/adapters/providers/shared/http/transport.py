"""Requests over connections that are kept and used again."""

import asyncio
import re
import ssl
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, cast

import httpx2

from app.adapters.providers.shared.http.connection import Connection
from app.adapters.providers.shared.http.happy_eyeballs import dial

_PORTS: Final = {"http": 80, "https": 443}
_SENDABLE: Final = re.compile(rb"[\x21-\x7e\x80-\xff](?:[\x20-\x7e\x80-\xff\t]*[\x21-\x7e\x80-\xff])?|")

Place = tuple[str, str, int]


class HttpTransport(httpx2.AsyncBaseTransport):
    """HTTP/1.1 for clients that measure silence themselves: of httpx2's limits it keeps those for connecting.

    `tls` is asked, in a thread, when the first connection by https is made: to read all authorities that are trusted
    takes a tenth of a second. An idle connection is closed after `keep_seconds`.
    """

    def __init__(
        self, tls: Callable[[], ssl.SSLContext], *, at_most: int = 1000, keep: int = 100, keep_seconds: float = 60.0
    ) -> None:
        self._tls = tls
        self._room = asyncio.Semaphore(at_most)
        self._keep = keep
        self._keep_seconds = keep_seconds
        self._idle: defaultdict[Place, list[Connection]] = defaultdict(list)
        self._open: set[Connection] = set()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send, and return as soon as the answer's head is there. The answer must be closed."""
        body = cast(httpx2.AsyncByteStream, request.stream)  # `aread` would keep it for as long as the answer.
        head = _head(request)
        place = _place(request.url)
        timeouts = request.extensions.get("timeout", {})
        async with _limit(timeouts.get("pool"), httpx2.PoolTimeout):
            await self._room.acquire()
        connection: Connection | None = None
        try:
            connection = self._used(place) or await self._new(place, timeouts.get("connect"))
            await connection.send(head, body)
            await connection.answer()
        except BaseException:
            self.give_back(place, connection)
            raise
        return httpx2.Response(connection.status, headers=connection.headers, stream=_Body(self, place, connection))

    async def aclose(self) -> None:
        """Close every connection."""
        for connection in self._open:
            connection.abort()
        self._open.clear()
        self._idle.clear()

    def give_back(self, place: Place, connection: Connection | None) -> None:
        """The answer on this connection is not read any further; None for a request that never got one."""
        self._room.release()
        if connection is None:
            return
        connection.release()
        if connection.reusable and connection in self._open and len(self._idle[place]) < self._keep:
            self._idle[place].append(connection)
        else:
            connection.abort()
            self._open.discard(connection)

    def _used(self, place: Place) -> Connection | None:
        """The one that was used last: it is the likeliest to be alive."""
        idle = self._idle[place]
        oldest = asyncio.get_running_loop().time() - self._keep_seconds
        while idle:
            connection = idle.pop()
            if connection.reusable and connection.idle_since >= oldest:
                return connection
            connection.abort()
            self._open.discard(connection)
        return None

    async def _new(self, place: Place, seconds: float | None) -> Connection:
        scheme, host, port = place
        loop = asyncio.get_running_loop()
        async with _limit(seconds, httpx2.ConnectTimeout):
            try:
                plain = await dial(host, port)
                tls = await asyncio.to_thread(self._tls) if scheme == "https" else None
                named = host if tls else None
                _, connection = await loop.create_connection(Connection, sock=plain, ssl=tls, server_hostname=named)
            except (OSError, ssl.SSLError) as error:
                raise httpx2.ConnectError(f"{type(error).__name__} while connecting") from error
        self._open.add(connection)
        return connection


class _Body(httpx2.AsyncByteStream):
    def __init__(self, transport: HttpTransport, place: Place, connection: Connection) -> None:
        self._transport = transport
        self._place = place
        self._connection: Connection | None = connection

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._connection is None or (data := await self._connection.read()) is None:
            raise StopAsyncIteration
        return data

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._transport.give_back(self._place, connection)


def _place(url: httpx2.URL) -> Place:
    if url.scheme not in _PORTS or not url.host:
        raise httpx2.UnsupportedProtocol("an address begins with http:// or https://")
    return url.scheme, url.host, url.port or _PORTS[url.scheme]


def _head(request: httpx2.Request) -> bytes:
    """Raises `LocalProtocolError` for a header that would end before its time."""
    lines = [b"%b %b HTTP/1.1" % (request.method.encode(), request.url.raw_path)]
    for name, value in request.headers.raw:
        if not _SENDABLE.fullmatch(value):
            raise httpx2.LocalProtocolError("a header's value holds stray characters")
        lines.append(b"%b: %b" % (name, value))
    return b"\r\n".join([*lines, b"", b""])


@asynccontextmanager
async def _limit(seconds: float | None, error: type[httpx2.TimeoutException]) -> AsyncGenerator[None, None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise error("it took too long") from None
