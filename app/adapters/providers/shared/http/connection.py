"""HTTP/1.1 connection: one request at a time, and its response as a stream."""

import asyncio
from collections.abc import AsyncIterable
from typing import Final, cast

import httptools
import httpx2

from app.aio.cooperative_yield import PIECE_BYTES, CooperativeYield, below

_BUFFER_LIMIT: Final = 1024 * 1024
"""Bytes buffered for the reader before the socket is paused (backpressure)."""

_READ_LIMIT: Final = 128 * 1024
"""Bytes that one read returns at most, plus one piece."""

_HEAD_LIMIT: Final = 256 * 1024
_SWITCHING: Final = 101

Header = tuple[bytes, bytes]


class Connection(asyncio.Protocol):
    """Protocol of one connection. Raises httpx2's errors: `ReadError` for a broken connection, `RemoteProtocolError`
    for an incomplete response or for bytes that are not HTTP. The body received before an error is read first."""

    def __init__(self) -> None:
        self.idle_since = 0.0
        self.status = 0
        self.headers: list[Header] = []
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._failure: Exception | None = None
        self._pieces: list[bytes] = []
        self._buffered = self._size = 0
        self._full = False
        self._reset()

    @property
    def reusable(self) -> bool:
        """True when another request may be sent: the response is complete, and both sides keep the connection."""
        return self._complete and self._keep and self._failure is None and not self.closed

    @property
    def closed(self) -> bool:
        """True once either side has closed the connection."""
        return self._transport is None or self._transport.is_closing()

    async def send(self, head: bytes, body: AsyncIterable[bytes]) -> None:
        """Send a request with backpressure. Raises `WriteError` when the connection is closed already; a connection
        that closes during the request may still have a response."""
        if self.closed:
            raise httpx2.WriteError("the connection is closed")
        self._reset()
        self._busy = True
        cooperative = CooperativeYield()
        async for piece in body:
            for at in range(0, len(piece), PIECE_BYTES):
                part = head + piece[at : at + PIECE_BYTES]
                head = b""
                await self._write(part)
                await cooperative.after(len(part))
        if head:
            await self._write(head)

    async def receive_head(self) -> None:
        """Wait for the response head: `status` and `headers`."""
        while not self._has_head:
            await self._wait()

    async def read(self) -> bytes | None:
        """Return the buffered body, or wait for its next piece; None at its end."""
        while not self._pieces:
            if self._complete:
                return None
            await self._wait()
        if self._buffered > _READ_LIMIT:
            await asyncio.sleep(0)  # Yield to other tasks: a reader of a full buffer would return at once.
            fitting = below(self._pieces, _READ_LIMIT)
            data = b"".join(self._pieces[: fitting + 1])
            del self._pieces[: fitting + 1]
        else:
            data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
            self._pieces.clear()
        was_buffered, self._buffered = self._buffered, self._buffered - len(data)
        resumes = was_buffered > _BUFFER_LIMIT >= self._buffered
        if resumes and self._transport is not None and not self.closed:
            self._transport.resume_reading()
        return data

    def release(self) -> None:
        """Finish this response. Closes the connection when the response is incomplete."""
        if self.reusable:
            self._busy = False
            self.idle_since = self._loop.time()
        else:
            self.abort()

    def abort(self) -> None:
        """Close the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport, after TLS."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        """Parse received bytes and notify the reader once."""
        if not self._busy or self._complete:
            self._keep = False  # Bytes without a request.
            self.abort()
            return
        self._size += len(data)
        try:
            self._parser.feed_data(data)
            if not self._has_head and self._size > _HEAD_LIMIT:
                raise httpx2.RemoteProtocolError("the receive_head's head has no end")
        except httpx2.RemoteProtocolError as error:
            self._fail(error)
        except httptools.HttpParserUpgrade:
            self._fail(httpx2.RemoteProtocolError("the receive_head switches protocols"))
        except httptools.HttpParserError as error:
            self._fail(httpx2.RemoteProtocolError(f"the receive_head is no HTTP: {type(error).__name__}"))
        if self._buffered > _BUFFER_LIMIT and self._transport is not None and not self.closed:
            self._transport.pause_reading()
        self._notify()

    def eof_received(self) -> None:
        """End the response; the transport closes itself."""
        self._ended(None)

    def pause_writing(self) -> None:
        """Stop sending: the write buffer is full."""
        self._full = True

    def resume_writing(self) -> None:
        """Continue sending."""
        self._full = False
        self._notify()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the response and drop the transport."""
        self._ended(exc)
        self._transport = None

    def on_header(self, name: bytes, value: bytes) -> None:
        """Parser callback."""
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Parser callback, also for an interim response."""
        self.status = self._parser.get_status_code()
        if self._interim:
            return
        self._keep = self._parser.should_keep_alive()
        self._has_head = True
        names = {name.lower() for name, _ in self.headers}
        self._ends_at_close = names.isdisjoint({b"content-length", b"transfer-encoding"})

    def on_body(self, body: bytes) -> None:
        """Parser callback."""
        self._pieces.append(body)
        self._buffered += len(body)

    def on_message_complete(self) -> None:
        """Parser callback."""
        if self._interim:
            self.headers = []
        else:
            self._complete = True

    @property
    def _interim(self) -> bool:
        return 100 <= self.status < 200 and self.status != _SWITCHING

    async def _write(self, data: bytes) -> None:
        """Write with backpressure, until the response starts: the upstream may then read no further."""
        if self._transport is not None and not self.closed:
            self._transport.write(data)
        while self._full and not self._has_head:
            await self._wait()

    def _reset(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._busy = self._has_head = self._complete = self._ends_at_close = False
        self._keep = True
        self._failure = None
        self._pieces = []
        self._buffered = self._size = 0
        self.status = 0
        self.headers = []

    def _ended(self, error: Exception | None) -> None:
        self._keep = False
        if self._has_head and self._ends_at_close and error is None:
            self._complete = True
        elif not self._complete:
            torn = httpx2.RemoteProtocolError("the upstream closed the connection before its receive_head was complete")
            self._fail(torn if error is None else httpx2.ReadError(type(error).__name__))
        self._notify()

    def _fail(self, error: Exception) -> None:
        self._failure = self._failure or error

    async def _wait(self) -> None:
        if self._failure is not None:
            raise self._failure
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _notify(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
