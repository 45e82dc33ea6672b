"""A moment that is put off again and again, such as the end of a silence."""

import asyncio
from collections.abc import Callable


class Deadline:
    """Calls `ring` once the moment has passed, if somebody still waits for it; whoever made it closes it.

    One timer serves many moments, because there is one a token: when it goes off too early, it is set anew.
    """

    def __init__(self, ring: Callable[[], None], waited_for: Callable[[], bool]) -> None:
        self._ring = ring
        self._waited_for = waited_for
        self._loop = asyncio.get_running_loop()
        self._moment = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def postpone(self, seconds: float) -> None:
        """The moment is so long from now; it must not come earlier than the one before it."""
        self._moment = self._loop.time() + seconds

    def arm(self) -> None:
        """Somebody waits for the moment."""
        if self._timer is None:
            self._timer = self._loop.call_at(self._moment, self._look)

    def close(self) -> None:
        """Nobody waits any more, or for an earlier moment."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if not self._waited_for():
            return  # The next who waits arms it.
        if self._loop.time() < self._moment:
            self.arm()
        else:
            self._ring()
