"""A transport with a half-close: it closes in two steps while its client still sends."""

import asyncio
from collections.abc import Callable
from typing import Any


class HalfClosingTransport(asyncio.Transport):
    """Wraps the event loop's transport.

    While `sends` returns True, `close` shuts down the server's half only, and calls `drain`; the end of the client's
    half, or `abort`, closes the rest.
    """

    def __init__(self, transport: Any, sends: Callable[[], bool], drain: Callable[[], None]) -> None:
        super().__init__()
        self._transport = transport
        self._sends = sends
        self._drain = drain
        self.half_closed = False
        # Bound directly: a stream calls these for each event.
        self.write = transport.write  # type: ignore[method-assign]
        self.get_extra_info = transport.get_extra_info  # type: ignore[method-assign]
        self.pause_reading = transport.pause_reading  # type: ignore[method-assign]
        self.resume_reading = transport.resume_reading  # type: ignore[method-assign]
        self.get_write_buffer_size = transport.get_write_buffer_size  # type: ignore[method-assign]
        self.abort = transport.abort  # type: ignore[method-assign]

    @property
    def ended(self) -> bool:
        """True once both halves are closed."""
        return bool(self._transport.is_closing())

    def is_closing(self) -> bool:
        """True once the server's half is closed."""
        return self.half_closed or self.ended

    def close(self) -> None:
        """Close the server's half, or both. Idempotent."""
        if self.half_closed or self.ended:
            return
        if not self._sends():
            self._transport.close()
            return
        self.half_closed = True
        self._transport.write_eof()
        self._drain()
