"""How many connections the server keeps: one that asks for nothing makes room for one that may."""

import time
from collections.abc import Callable
from typing import Final, Protocol

IDLE_SECONDS: Final = 0.5
"""A connection is not idle before: the head of its request is on its way."""


class Connection(Protocol):
    """A client's connection."""

    def hang_up(self) -> None:
        """Close it at once; no answer is under way."""


class ConnectionLimit:
    """At most `most` connections; 0 is no limit. Not safe for threads."""

    def __init__(self, most: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.most = most
        self._clock = clock
        self._open: set[Connection] = set()
        self._idle: dict[Connection, float] = {}

    def admit(self, connection: Connection) -> bool:
        """Count a new connection, which waits for its request. At the limit the longest idle one is closed for it;
        False when none has been idle for `IDLE_SECONDS`."""
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

    def asks(self, connection: Connection) -> None:
        """The head of its request is here: it is not idle until it is answered."""
        self._idle.pop(connection, None)

    def rests(self, connection: Connection) -> None:
        """It is answered, and kept for a further request."""
        if connection in self._open:
            self._idle[connection] = self._clock()

    def forget(self, connection: Connection) -> None:
        """It is closed, or about to be. Safe to repeat."""
        self._open.discard(connection)
        self._idle.pop(connection, None)
