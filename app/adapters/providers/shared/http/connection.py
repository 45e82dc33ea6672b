"""One connection: a request at a time, and its answer as it comes."""

import asyncio
from collections.abc import AsyncIterable
from typing import Final, cast

import httptools
import httpx2

from app.aio.cooperative_yield import PIECE_BYTES, CooperativeYield, below

_MOST_WAITING: Final = 1024 * 1024
"""So many bytes wait for their reader before the socket is not read any further."""

_MOST_READ: Final = 128 * 1024
"""So many bytes are read at once, and a piece more: a thousand words and what is around them."""

_LONGEST_HEAD: Final = 256 * 1024
_SWITCHING: Final = 101

Header = tuple[bytes, bytes]


class Connection(asyncio.Protocol):
    """Errors are httpx2's: `ReadError` for a connection that breaks, `RemoteProtocolError` for an answer that is torn
    or no HTTP. What came before them is read first."""

    def __init__(self) -> None:
        self.idle_since = 0.0
        self.status = 0
        self.headers: list[Header] = []
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._failure: Exception | None = None
        self._pieces: list[bytes] = []
        self._waiting = self._size = 0
        self._full = False
        self._reset()

    @property
    def reusable(self) -> bool:
        """Whether another request may be sent: the answer is whole, and both sides keep the connection."""
        return self._complete and self._keep and self._failure is None and not self.closed

    @property
    def closed(self) -> bool:
        """Whether one side has closed it."""
        return self._transport is None or self._transport.is_closing()

    async def send(self, head: bytes, body: AsyncIterable[bytes]) -> None:
        """Send a request, no faster than the upstream takes it. Raises `WriteError` when the connection is closed
        already; one that closes within the request may have brought an answer."""
        if self.closed:
            raise httpx2.WriteError("the connection is closed")
        self._reset()
        self._busy = True
        pauses = CooperativeYield()
        async for piece in body:
            for at in range(0, len(piece), PIECE_BYTES):
                part = head + piece[at : at + PIECE_BYTES]
                head = b""
                await self._write(part)
                await pauses.after(len(part))
        if head:
            await self._write(head)

    async def answer(self) -> None:
        """Wait until `status` and `headers` are known."""
        while not self._begun:
            await self._more()

    async def read(self) -> bytes | None:
        """What has come of the body since the last read, or the next that comes; None at its end."""
        while not self._pieces:
            if self._complete:
                return None
            await self._more()
        if self._waiting > _MOST_READ:
            await asyncio.sleep(0)  # Who reads it has much to do, and would come back at once.
            fitting = below(self._pieces, _MOST_READ)
            data = b"".join(self._pieces[: fitting + 1])
            del self._pieces[: fitting + 1]
        else:
            data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
            self._pieces.clear()
        was_waiting, self._waiting = self._waiting, self._waiting - len(data)
        resumes = was_waiting > _MOST_WAITING >= self._waiting
        if resumes and self._transport is not None and not self.closed:
            self._transport.resume_reading()
        return data

    def release(self) -> None:
        """Nobody reads this answer any further. An unfinished one can only be stopped by closing the connection."""
        if self.reusable:
            self._busy = False
            self.idle_since = self._loop.time()
        else:
            self.abort()

    def abort(self) -> None:
        """Close it now."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected, and secured where that was asked for."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        """Parse what came, and wake the reader once for all of it."""
        if not self._busy or self._complete:
            self._keep = False  # Nobody asked.
            self.abort()
            return
        self._size += len(data)
        try:
            self._parser.feed_data(data)
            if not self._begun and self._size > _LONGEST_HEAD:
                raise httpx2.RemoteProtocolError("the answer's head has no end")
        except httpx2.RemoteProtocolError as error:
            self._fail(error)
        except httptools.HttpParserUpgrade:
            self._fail(httpx2.RemoteProtocolError("the answer switches protocols"))
        except httptools.HttpParserError as error:
            self._fail(httpx2.RemoteProtocolError(f"the answer is no HTTP: {type(error).__name__}"))
        if self._waiting > _MOST_WAITING and self._transport is not None and not self.closed:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        """The upstream has nothing more to say; the transport closes itself."""
        self._ended(None)

    def pause_writing(self) -> None:
        """More is on its way than the upstream takes."""
        self._full = True

    def resume_writing(self) -> None:
        """The upstream has taken most of it."""
        self._full = False
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone, one way or the other."""
        self._ended(exc)
        self._transport = None

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Called by the parser, also for an interim answer."""
        self.status = self._parser.get_status_code()
        if self._interim:
            return
        self._keep = self._parser.should_keep_alive()
        self._begun = True
        names = {name.lower() for name, _ in self.headers}
        self._to_the_end = names.isdisjoint({b"content-length", b"transfer-encoding"})

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._pieces.append(body)
        self._waiting += len(body)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        if self._interim:
            self.headers = []
        else:
            self._complete = True

    @property
    def _interim(self) -> bool:
        return 100 <= self.status < 200 and self.status != _SWITCHING

    async def _write(self, data: bytes) -> None:
        """Whoever has begun to answer is not waited for: it may read no further."""
        if self._transport is not None and not self.closed:
            self._transport.write(data)
        while self._full and not self._begun:
            await self._more()

    def _reset(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._busy = self._begun = self._complete = self._to_the_end = False
        self._keep = True
        self._failure = None
        self._pieces = []
        self._waiting = self._size = 0
        self.status = 0
        self.headers = []

    def _ended(self, error: Exception | None) -> None:
        self._keep = False
        if self._begun and self._to_the_end and error is None:
            self._complete = True
        elif not self._complete:
            torn = httpx2.RemoteProtocolError("the upstream closed the connection before its answer was complete")
            self._fail(torn if error is None else httpx2.ReadError(type(error).__name__))
        self._wake()

    def _fail(self, error: Exception) -> None:
        self._failure = self._failure or error

    async def _more(self) -> None:
        if self._failure is not None:
            raise self._failure
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
