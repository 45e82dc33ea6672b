"""One who waits for news, and looks up by itself after a silence."""

import asyncio


class Wake:
    """For one waiter at a time; whoever made it closes it.

    An `asyncio.Event` under `asyncio.timeout` would say the same with a timer and a dozen calls for each wait, which is
    one a token. Here one timer is set for many waits: when it goes off too early, it is set anew.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[bool] | None = None
        self._rung = False
        self._silent_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def ring(self) -> None:
        """There is news; it stays there until somebody has waited for it."""
        self._rung = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(True)

    async def rung(self) -> bool:
        """Wait for news; False after a silence."""
        if not self._rung:
            self._silent_at = self._loop.time() + self._seconds
            if self._timer is None:
                self._timer = self._loop.call_at(self._silent_at, self._look)
            self._waiter = self._loop.create_future()
            try:
                if not await self._waiter:
                    return False
            finally:
                self._waiter = None
        self._rung = False
        return True

    def close(self) -> None:
        """Nobody waits any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if self._waiter is None or self._waiter.done():
            return
        if self._loop.time() < self._silent_at:
            self._timer = self._loop.call_at(self._silent_at, self._look)
        else:
            self._waiter.set_result(False)
