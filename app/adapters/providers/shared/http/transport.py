"""Connection pool: an httpx2 transport that reuses connections."""

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
_HEADER_VALUE: Final = re.compile(rb"[\x21-\x7e\x80-\xff](?:[\x20-\x7e\x80-\xff\t]*[\x21-\x7e\x80-\xff])?|")

HostKey = tuple[str, str, int]


class HttpTransport(httpx2.AsyncBaseTransport):
    """HTTP/1.1 pool. Applies httpx2's connect and pool timeouts only: clients have idle timeouts of their own.

    `tls` runs in a thread, for the first https connection: loading the trusted authorities takes 0.1 s. An idle
    connection is closed after `keep_seconds`.
    """

    def __init__(
        self, tls: Callable[[], ssl.SSLContext], *, at_most: int = 1000, keep: int = 100, keep_seconds: float = 60.0
    ) -> None:
        self._tls = tls
        self._slots = asyncio.Semaphore(at_most)
        self._keep = keep
        self._keep_seconds = keep_seconds
        self._idle: defaultdict[HostKey, list[Connection]] = defaultdict(list)
        self._open: set[Connection] = set()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; return at the response head. The caller must close the response."""
        # `aread` would keep the body in memory during the response.
        body = cast(httpx2.AsyncByteStream, request.stream)
        head = _head(request)
        host_key = _host_key(request.url)
        timeouts = request.extensions.get("timeout", {})
        async with _limit(timeouts.get("pool"), httpx2.PoolTimeout):
            await self._slots.acquire()
        connection: Connection | None = None
        try:
            connection = self._take_idle(host_key) or await self._connect(host_key, timeouts.get("connect"))
            await connection.send(head, body)
            await connection.receive_head()
        except BaseException:
            self.release(host_key, connection)
            raise
        return httpx2.Response(connection.status, headers=connection.headers, stream=_Body(self, host_key, connection))

    async def aclose(self) -> None:
        """Close every connection. Idempotent."""
        for connection in self._open:
            connection.abort()
        self._open.clear()
        self._idle.clear()

    def release(self, host_key: HostKey, connection: Connection | None) -> None:
        """Return a connection to the pool after its response; None for a request without a connection."""
        self._slots.release()
        if connection is None:
            return
        connection.release()
        if connection.reusable and connection in self._open and len(self._idle[host_key]) < self._keep:
            self._idle[host_key].append(connection)
        else:
            connection.abort()
            self._open.discard(connection)

    def _take_idle(self, host_key: HostKey) -> Connection | None:
        """Take the idle connection used last, the likeliest to be alive; None without one."""
        idle = self._idle[host_key]
        oldest = asyncio.get_running_loop().time() - self._keep_seconds
        while idle:
            connection = idle.pop()
            if connection.reusable and connection.idle_since >= oldest:
                return connection
            connection.abort()
            self._open.discard(connection)
        return None

    async def _connect(self, host_key: HostKey, seconds: float | None) -> Connection:
        scheme, host, port = host_key
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
    def __init__(self, transport: HttpTransport, host_key: HostKey, connection: Connection) -> None:
        self._transport = transport
        self._host_key = host_key
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
            self._transport.release(self._host_key, connection)


def _host_key(url: httpx2.URL) -> HostKey:
    if url.scheme not in _PORTS or not url.host:
        raise httpx2.UnsupportedProtocol("an address begins with http:// or https://")
    return url.scheme, url.host, url.port or _PORTS[url.scheme]


def _head(request: httpx2.Request) -> bytes:
    """Encode the request head. Raises `LocalProtocolError` for a header value with control characters."""
    lines = [b"%b %b HTTP/1.1" % (request.method.encode(), request.url.raw_path)]
    for name, value in request.headers.raw:
        if not _HEADER_VALUE.fullmatch(value):
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
