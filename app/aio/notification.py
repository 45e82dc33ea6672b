"""One who waits for news, and looks up by itself after a silence."""

import asyncio

from app.aio.deadline import Deadline


class Notification:
    """For one waiter at a time; whoever made it closes it.

    An `asyncio.Event` under `asyncio.timeout` would say the same with a timer and a dozen calls for each wait, which is
    one a token.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[bool] | None = None
        self._rung = False
        self._silence = Deadline(lambda: self._answer(news=False), lambda: self._waits)

    def notify(self) -> None:
        """There is news; it stays there until somebody has waited for it."""
        self._rung = True
        if self._waits:
            self._answer(news=True)

    async def wait(self) -> bool:
        """Wait for news; False after a silence."""
        if not self._rung:
            self._silence.postpone(self._seconds)
            self._silence.arm()
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
        self._silence.close()

    @property
    def _waits(self) -> bool:
        return self._waiter is not None and not self._waiter.done()

    def _answer(self, *, news: bool) -> None:
        if self._waiter is not None:
            self._waiter.set_result(news)
