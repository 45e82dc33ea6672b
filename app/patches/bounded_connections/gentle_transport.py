"""A transport that closes in two steps while its client is still sending."""

import asyncio
from collections.abc import Callable
from typing import Any


class GentleTransport(asyncio.Transport):
    """Stands in front of the loop's transport, with its methods. `close` shuts down the server's half first, and calls
    `drain`, when `sends` says that more of a request is to come; the end of the client's half, or `abort`, does the
    rest."""

    def __init__(self, transport: Any, sends: Callable[[], bool], drain: Callable[[], None]) -> None:
        super().__init__()
        self._transport = transport
        self._sends = sends
        self._drain = drain
        self.half_closed = False
        # What a stream calls for each piece takes no detour.
        self.write = transport.write  # type: ignore[method-assign]
        self.get_extra_info = transport.get_extra_info  # type: ignore[method-assign]
        self.pause_reading = transport.pause_reading  # type: ignore[method-assign]
        self.resume_reading = transport.resume_reading  # type: ignore[method-assign]
        self.get_write_buffer_size = transport.get_write_buffer_size  # type: ignore[method-assign]
        self.abort = transport.abort  # type: ignore[method-assign]

    @property
    def ended(self) -> bool:
        """True once neither half is open."""
        return bool(self._transport.is_closing())

    def is_closing(self) -> bool:
        """True as soon as nothing more can be sent."""
        return self.half_closed or self.ended

    def close(self) -> None:
        """Close. Safe to repeat."""
        if self.half_closed or self.ended:
            return
        if not self._sends():
            self._transport.close()
            return
        self.half_closed = True
        self._transport.write_eof()
        self._drain()
