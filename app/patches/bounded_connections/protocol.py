"""Bounded connections: a request's head has a bound in bytes and in time, an answer has to be read,
and a connection ends when its answer came before the end of the request's body.

uvicorn leaves that to a proxy: with httptools a head may grow without end, each byte that arrives stops its timer for
connections that are kept, and a client that never reads keeps its connection. Extends
`HttpToolsProtocol`; `tests/faults/test_hostile_clients.py` and `tests/faults/test_early_answers.py` guard it.
"""

import asyncio
from http import HTTPStatus
from typing import Any, Final

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app.patches.bounded_connections.connection_limit import ConnectionLimit
from app.patches.bounded_connections.cut_connections import CutConnections
from app.patches.bounded_connections.gentle_transport import GentleTransport

HEAD_BYTES = 64 * 1024
DRAINED_BYTES = 64 * 1024 * 1024
"""So much of a refused body is thrown away, so that its sender gets to read why it was refused."""

RETRY_SECONDS = 2

_CALLBACKS: Final = (
    *("connection_made", "connection_lost", "shutdown", "data_received", "pause_writing", "resume_writing"),
    *("on_message_begin", "on_headers_complete", "on_message_complete", "on_response_complete"),
)
_ATTRIBUTES: Final = frozenset({"client", "cycle", "flow", "loop", "pipeline", "transport"})
_REQUEST_ATTRIBUTES: Final = frozenset(
    {"disconnected", "keep_alive", "message_event", "response_complete", "response_started"}
)


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's own. One timer runs whenever the client has to send: a first or next head, or the rest of a body."""

    patience: float = 20.0
    cuts: CutConnections = CutConnections(patience)
    limit: ConnectionLimit = ConnectionLimit(0)
    _wire: GentleTransport
    _unread = 0
    _drained = 0
    _body_comes = False
    _keeps = True
    _running: RequestResponseCycle | None = None
    _timer: asyncio.TimerHandle | None = None
    _read_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """A client has so long for its first head."""
        self._wire = GentleTransport(transport, self._is_still_sending, self._drain)
        super().connection_made(self._wire)
        if self.limit.admit(self):
            self._await_head()
        else:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "no room for a connection")

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any more."""
        self.limit.forget(self)
        self._arrived()
        self._reads_again()
        if self._running is not None:  # uvicorn tells the newest request alone, which may wait behind this one.
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """A server that stops does not wait for the rest of a refused body."""
        self._keeps = False
        super().shutdown()
        if self._wire.half_closed:
            self._wire.abort()

    def data_received(self, data: bytes) -> None:
        """Count while a head is not whole; one read is a quarter of a megabyte at most."""
        if self._wire.half_closed:
            self._throw_away(len(data))
            return
        self._unread += len(data)
        super().data_received(data)
        if self._unread > HEAD_BYTES and self._timer is not None and not self._body_comes:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        """The next head on a connection that was kept."""
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        """An answer that begins before the whole body is here says that it ends the connection."""
        super().on_headers_complete()
        self.limit.asks(self)
        if not self.pipeline:
            self._running = self.cycle
        self._body_comes = True
        self._keeps, self.cycle.keep_alive = self.cycle.keep_alive, False
        self._await(self._see_that_it_is_read)

    def on_message_complete(self) -> None:
        """From here on the client waits for the server."""
        super().on_message_complete()
        self._body_comes, self._unread = False, 0
        self._arrived()
        if not self.cycle.response_started:
            self.cycle.keep_alive = self._keeps

    def on_response_complete(self) -> None:
        """The next head has to come, whatever else does: uvicorn's timer stops at the first byte."""
        self._running = self.pipeline[-1][0] if self.pipeline else None
        super().on_response_complete()
        if self._wire.is_closing() or not self.cycle.response_complete:
            return
        self.limit.rests(self)
        if self._timer is None:
            self._await_head()

    def pause_writing(self) -> None:
        """The client does not read as fast as it is told things."""
        super().pause_writing()
        self._await_reading(self._wire.get_write_buffer_size())

    def resume_writing(self) -> None:
        """It caught up."""
        self._reads_again()
        super().resume_writing()

    def _is_still_sending(self) -> bool:
        """True when nothing more is answered, and more of a request is on its way."""
        answered = self._running is None or self._running.response_complete
        return bool(answered and (self._body_comes or self._unread))

    def _drain(self) -> None:
        """Throw away, for a bounded time, what the client still sends: closing a connection in which bytes wait resets
        it, and then a client that is still sending never reads its answer."""
        self.flow.resume_reading()
        self._await(self._cut, "sends after its answer")

    def _throw_away(self, size: int) -> None:
        """One read at a time: left to itself the loop takes eight megabytes in a row."""
        self._drained += size
        if self._drained > DRAINED_BYTES:
            self._cut("sends after its answer")
        else:
            self.flow.pause_reading()
            self.loop.call_soon(self._read_on)

    def _read_on(self) -> None:
        if not self._wire.ended:
            self.flow.resume_reading()

    def _see_that_it_is_read(self) -> None:
        """A body that is read has bounds of its own; one that nobody reads while a stream answers it has none."""
        if self.cycle.response_started:
            self._cut("body without end")
        else:
            self._await(self._see_that_it_is_read)

    def _await_reading(self, waiting: int) -> None:
        self._read_timer = self.loop.call_later(self.patience, self._see_that_it_reads, waiting)

    def _see_that_it_reads(self, before: int) -> None:
        """Whoever took nothing in all that time is hung up on; nothing less than that frees what waits for them."""
        waiting = self._wire.get_write_buffer_size()
        if waiting < before:
            self._await_reading(waiting)
        else:
            self._cut("reads nothing")

    def _reads_again(self) -> None:
        if self._read_timer is not None:
            self._read_timer.cancel()
            self._read_timer = None

    def _await_head(self) -> None:
        self._await(self._refuse, HTTPStatus.REQUEST_TIMEOUT)

    def _await(self, otherwise: Any, *arguments: object) -> None:
        self._arrived()
        self._timer = self.loop.call_later(self.patience, otherwise, *arguments)

    def _arrived(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def hang_up(self) -> None:
        """Make room for another connection."""
        self._cut("idle while others came")

    def _cut(self, reason: str) -> None:
        self.cuts.count(reason, self.client)
        self._wire.abort()

    def _refuse(self, status: HTTPStatus, reason: str = "") -> None:
        self._arrived()
        if self._wire.is_closing():
            return
        if self._running is not None and not self._running.response_complete:
            self._cut("head without end")  # A refusal would stand in the middle of the answer that runs.
            return
        self.cuts.count(reason or ("head without end" if self._unread else "sends nothing"), self.client)
        body = msgspec.json.encode({"title": status.phrase, "status": status, "message": status.description})
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nconnection: close\r\nretry-after: {RETRY_SECONDS}\r\n"
            f"content-type: application/problem+json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        self._wire.write(head.encode() + body)
        self._wire.close()


def fits() -> bool:
    """True when uvicorn's protocol and its requests have the members that are used here."""
    methods, attributes = vars(HttpToolsProtocol), HttpToolsProtocol.__init__.__code__.co_names
    return (
        all(callable(methods.get(name)) for name in _CALLBACKS)
        and _ATTRIBUTES.issubset(attributes)
        and _REQUEST_ATTRIBUTES.issubset(RequestResponseCycle.__init__.__code__.co_names)
    )


def bounded(patience: float, connections: int = 0) -> type[BoundedProtocol]:
    """The same with another bound in time and at most so many `connections`, 0 for any number; uvicorn makes an
    instance of a class for each connection."""
    bounds = {"patience": patience, "cuts": CutConnections(patience), "limit": ConnectionLimit(connections)}
    return type("BoundedProtocol", (BoundedProtocol,), bounds)
