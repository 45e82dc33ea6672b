"""The connection limit: at the limit, a new connection replaces the longest idle one."""

import time
from collections.abc import Callable
from typing import Final, Protocol

IDLE_SECONDS: Final = 0.5
"""Seconds before a connection without a request counts as idle: the request's head may be on its way."""


class Connection(Protocol):
    """A client's connection."""

    def hang_up(self) -> None:
        """Close the connection at once; no response is in flight."""


class ConnectionLimit:
    """Counts connections up to `most`; 0 is no limit. Not thread-safe."""

    def __init__(self, most: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.most = most
        self._clock = clock
        self._open: set[Connection] = set()
        self._idle: dict[Connection, float] = {}

    def admit(self, connection: Connection) -> bool:
        """Count a new connection. At the limit the longest idle connection is closed first; False when none has been
        idle for `IDLE_SECONDS`."""
        now = self._clock()
        if 0 < self.most <= len(self._open):
            longest, since = next(iter(self._idle.items()), (None, now))
            if longest is None or now - since < IDLE_SECONDS:
                return False
            self.forget(longest)
            longest.hang_up()
        self._open.add(connection)
        self._idle[connection] = now
        return True

    def request_started(self, connection: Connection) -> None:
        """Mark the connection as busy: the head of a request has arrived."""
        self._idle.pop(connection, None)

    def request_finished(self, connection: Connection) -> None:
        """Mark the connection as idle: the response is sent, and the connection is kept alive."""
        if connection in self._open:
            self._idle[connection] = self._clock()

    def forget(self, connection: Connection) -> None:
        """Remove a connection that is closed, or is being closed. Idempotent."""
        self._open.discard(connection)
        self._idle.pop(connection, None)
