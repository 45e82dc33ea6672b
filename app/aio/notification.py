"""Notification: one waiter, woken by `notify` or after an idle timeout."""

import asyncio

from app.aio.deadline import Deadline


class Notification:
    """A notification for one waiter at a time; its creator closes it.

    An `asyncio.Event` under `asyncio.timeout` does the same with a timer and a dozen calls for each wait, and a stream
    waits once for each token.
    """

    def __init__(self, idle_seconds: float) -> None:
        self._idle_seconds = idle_seconds
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[bool] | None = None
        self._notified = False
        self._idle = Deadline(lambda: self._resume(notified=False), lambda: self._is_waiting)

    def notify(self) -> None:
        """Wake the waiter; without a waiter, the next `wait` returns at once. Safe to repeat."""
        self._notified = True
        if self._is_waiting:
            self._resume(notified=True)

    async def wait(self) -> bool:
        """Wait for a notification; False after `idle_seconds` without one."""
        if not self._notified:
            self._idle.postpone(self._idle_seconds)
            self._idle.arm()
            self._waiter = self._loop.create_future()
            try:
                if not await self._waiter:
                    return False
            finally:
                self._waiter = None
        self._notified = False
        return True

    def close(self) -> None:
        """Cancel the timer; nothing waits afterwards. Safe to repeat."""
        self._idle.close()

    @property
    def _is_waiting(self) -> bool:
        return self._waiter is not None and not self._waiter.done()

    def _resume(self, *, notified: bool) -> None:
        if self._waiter is not None:
            self._waiter.set_result(notified)
