"""Bounded connections against slow clients: limits the bytes and seconds of a request's head and the seconds without a
read of the response, and ends a connection whose response came before the end of the request's body.

uvicorn leaves these to a proxy: with httptools a head may grow without bound, each byte stops the keep-alive timer, and
a client that never reads keeps its connection. Extends `HttpToolsProtocol`; `tests/faults/test_hostile_clients.py` and
`tests/faults/test_early_answers.py` guard it.
"""

import asyncio
from http import HTTPStatus
from typing import Any, Final

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app.patches.bounded_connections.aborted_connections import AbortedConnections
from app.patches.bounded_connections.connection_limit import ConnectionLimit
from app.patches.bounded_connections.half_closing_transport import HalfClosingTransport

HEAD_BYTES = 64 * 1024
DRAINED_BYTES = 64 * 1024 * 1024
"""Bytes of a refused body that are read and discarded, so that its sender reads the refusal."""

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
    """uvicorn's protocol with limits. One timer runs while the client has to send a head or the rest of a body."""

    patience: float = 20.0
    aborts: AbortedConnections = AbortedConnections(patience)
    limit: ConnectionLimit = ConnectionLimit(0)
    _wire: HalfClosingTransport
    _unread = 0
    _drained = 0
    _body_pending = False
    _keep_alive = True
    _running: RequestResponseCycle | None = None
    _timer: asyncio.TimerHandle | None = None
    _read_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Start the timer for the first head, or refuse the connection above the limit."""
        self._wire = HalfClosingTransport(transport, self._is_still_sending, self._drain)
        super().connection_made(self._wire)
        if self.limit.admit(self):
            self._start_head_timer()
        else:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "connection limit reached")

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timers, and end the running request."""
        self.limit.forget(self)
        self._stop_timer()
        self._stop_read_timer()
        if self._running is not None:  # uvicorn ends the newest request alone, which may be queued behind this one.
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Abort a half-closed connection: a stopping server does not drain refused bodies."""
        self._keep_alive = False
        super().shutdown()
        if self._wire.half_closed:
            self._wire.abort()

    def data_received(self, data: bytes) -> None:
        """Count the bytes of an incomplete head; one read is at most 256 KiB."""
        if self._wire.half_closed:
            self._discard(len(data))
            return
        self._unread += len(data)
        super().data_received(data)
        if self._unread > HEAD_BYTES and self._timer is not None and not self._body_pending:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        """Start the timer for the next head of a kept-alive connection."""
        super().on_message_begin()
        self._start_head_timer()

    def on_headers_complete(self) -> None:
        """Disable keep-alive until the body is complete: an early response must end the connection."""
        super().on_headers_complete()
        self.limit.request_started(self)
        if not self.pipeline:
            self._running = self.cycle
        self._body_pending = True
        self._keep_alive, self.cycle.keep_alive = self.cycle.keep_alive, False
        self._start_timer(self._check_body_progress)

    def on_message_complete(self) -> None:
        """Stop the timer: the client now waits for the server."""
        super().on_message_complete()
        self._body_pending, self._unread = False, 0
        self._stop_timer()
        if not self.cycle.response_started:
            self.cycle.keep_alive = self._keep_alive

    def on_response_complete(self) -> None:
        """Start the timer for the next head, because uvicorn's own stops at the first byte."""
        self._running = self.pipeline[-1][0] if self.pipeline else None
        super().on_response_complete()
        if self._wire.is_closing() or not self.cycle.response_complete:
            return
        self.limit.request_finished(self)
        if self._timer is None:
            self._start_head_timer()

    def pause_writing(self) -> None:
        """Start the read timer: the client reads more slowly than the server writes."""
        super().pause_writing()
        self._start_read_timer(self._wire.get_write_buffer_size())

    def resume_writing(self) -> None:
        """Stop the read timer: the client has caught up."""
        self._stop_read_timer()
        super().resume_writing()

    def _is_still_sending(self) -> bool:
        """True when no response is in flight and more of a request is to come."""
        answered = self._running is None or self._running.response_complete
        return bool(answered and (self._body_pending or self._unread))

    def _drain(self) -> None:
        """Discard the client's bytes for a bounded time: closing a socket with unread bytes resets the connection, and
        the client would never read its response."""
        self.flow.resume_reading()
        self._start_timer(self._abort, "sends after its response")

    def _discard(self, size: int) -> None:
        """Discard one read at a time, because the event loop reads up to 8 MiB in a row."""
        self._drained += size
        if self._drained > DRAINED_BYTES:
            self._abort("sends after its response")
        else:
            self.flow.pause_reading()
            self.loop.call_soon(self._read_on)

    def _read_on(self) -> None:
        if not self._wire.ended:
            self.flow.resume_reading()

    def _check_body_progress(self) -> None:
        """Abort a body without end under a running stream; a body that a route reads has a deadline of its own."""
        if self.cycle.response_started:
            self._abort("body without end")
        else:
            self._start_timer(self._check_body_progress)

    def _start_read_timer(self, waiting: int) -> None:
        self._read_timer = self.loop.call_later(self.patience, self._check_read_progress, waiting)

    def _check_read_progress(self, before: int) -> None:
        """Abort a client that has read nothing since the last check, to free its buffered events."""
        waiting = self._wire.get_write_buffer_size()
        if waiting < before:
            self._start_read_timer(waiting)
        else:
            self._abort("reads nothing")

    def _stop_read_timer(self) -> None:
        if self._read_timer is not None:
            self._read_timer.cancel()
            self._read_timer = None

    def _start_head_timer(self) -> None:
        self._start_timer(self._refuse, HTTPStatus.REQUEST_TIMEOUT)

    def _start_timer(self, otherwise: Any, *arguments: object) -> None:
        self._stop_timer()
        self._timer = self.loop.call_later(self.patience, otherwise, *arguments)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def hang_up(self) -> None:
        """Close the idle connection, to make room for another one."""
        self._abort("idle at the limit")

    def _abort(self, reason: str) -> None:
        self.aborts.count(reason, self.client)
        self._wire.abort()

    def _refuse(self, status: HTTPStatus, reason: str = "") -> None:
        self._stop_timer()
        if self._wire.is_closing():
            return
        if self._running is not None and not self._running.response_complete:
            self._abort("head without end")  # A refusal would land inside the running response.
            return
        self.aborts.count(reason or ("head without end" if self._unread else "sends nothing"), self.client)
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
    """Build a protocol class for uvicorn with `patience` in seconds and at most `connections`; 0 is no limit."""
    bounds = {"patience": patience, "aborts": AbortedConnections(patience), "limit": ConnectionLimit(connections)}
    return type("BoundedProtocol", (BoundedProtocol,), bounds)
