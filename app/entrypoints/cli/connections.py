"""Connections that may not stay half-open: a request's head has a bound in bytes and in time, and so has an answer
that nobody reads. What is left of a refused body is thrown away without haste.

uvicorn leaves that to a proxy: with httptools a head may grow without end, and a client that never finishes one, or
never reads, keeps its connection. Leans on `HttpToolsProtocol` of uvicorn 0.54;
`tests/faults/test_hostile_clients.py` guards it.
"""

import asyncio
from http import HTTPStatus
from typing import Any

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 64 * 1024


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's own, with a bound on heads."""

    head_seconds: float = 20.0
    _head_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None
    _read_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """A client has so long for its first head."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any more."""
        self._head_is_here()
        self._reads_again()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count while a head is not whole; one read is a quarter of a megabyte at most."""
        super().data_received(data)
        if self._head_timer is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        """The next head on a connection that was kept."""
        super().on_message_begin()
        if self._head_timer is None:
            self._await_head()

    def on_headers_complete(self) -> None:
        """From here on the body has bounds of its own."""
        self._head_is_here()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Of a body that was refused, one read at a time: left to itself the loop takes eight megabytes in a row."""
        super().on_body(body)
        if self.cycle.response_complete:
            self.flow.pause_reading()
            self.loop.call_soon(self._read_on)

    def _read_on(self) -> None:
        if not self.transport.is_closing():
            self.flow.resume_reading()

    def pause_writing(self) -> None:
        """The client does not read as fast as it is told things."""
        super().pause_writing()
        self._await_reading(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """It caught up."""
        self._reads_again()
        super().resume_writing()

    def _await_reading(self, waiting: int) -> None:
        self._read_timer = self.loop.call_later(self.head_seconds, self._see_that_it_reads, waiting)

    def _see_that_it_reads(self, before: int) -> None:
        """Whoever took nothing in all that time is hung up on; nothing less than that frees what waits for them."""
        waiting = self.transport.get_write_buffer_size()
        if waiting < before:
            self._await_reading(waiting)
        else:
            self.transport.abort()

    def _reads_again(self) -> None:
        if self._read_timer is not None:
            self._read_timer.cancel()
            self._read_timer = None

    def _await_head(self) -> None:
        self._head_bytes = 0
        self._head_timer = self.loop.call_later(self.head_seconds, self._refuse, HTTPStatus.REQUEST_TIMEOUT)

    def _head_is_here(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _refuse(self, status: HTTPStatus) -> None:
        self._head_is_here()
        if self.transport.is_closing():
            return
        body = msgspec.json.encode({"title": status.phrase, "status": status, "message": status.description})
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nconnection: close\r\n"
            f"content-type: application/problem+json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()


def bounded(head_seconds: float) -> type[BoundedProtocol]:
    """The same with another bound in time; uvicorn makes an instance of a class for each connection."""
    return type("BoundedProtocol", (BoundedProtocol,), {"head_seconds": head_seconds})
