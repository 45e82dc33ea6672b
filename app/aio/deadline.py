"""Deadline: a debounced timer, such as an idle timeout that each token postpones."""

import asyncio
from collections.abc import Callable


class Deadline:
    """A deadline that calls `on_expiry` when it passes, if `is_awaited` is true then; its creator closes it.

    Each token postpones the deadline, so one timer serves many postponements: when it fires too early, it is armed
    again.
    """

    def __init__(self, on_expiry: Callable[[], None], is_awaited: Callable[[], bool]) -> None:
        self._on_expiry = on_expiry
        self._is_awaited = is_awaited
        self._loop = asyncio.get_running_loop()
        self._expires_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def postpone(self, seconds: float) -> None:
        """Move the deadline to `seconds` from now; it must not become earlier than it was."""
        self._expires_at = self._loop.time() + seconds

    def arm(self) -> None:
        """Start the timer. Safe to repeat."""
        if self._timer is None:
            self._timer = self._loop.call_at(self._expires_at, self._check)

    def close(self) -> None:
        """Cancel the timer. Safe to repeat; `arm` starts it again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _check(self) -> None:
        self._timer = None
        if not self._is_awaited():
            return  # The next waiter arms the timer.
        if self._loop.time() < self._expires_at:
            self.arm()
        else:
            self._on_expiry()
