"""Requests in flight of one process, by idempotency key."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from app.application.idempotency.key import WINDOW_SECONDS

T = TypeVar("T")


class RequestsInFlight(Generic[T]):
    """Answers of the requests in flight, kept for `WINDOW_SECONDS` after their start."""

    def __init__(
        self, *, now: Callable[[], float] = time.monotonic, lost: Callable[[T], bool] = lambda _: False
    ) -> None:
        """`lost` is true for an answer that will never be complete: the request is then started again."""
        self._now = now
        self._lost = lost
        self._started: dict[bytes, tuple[float, asyncio.Future[T]]] = {}

    async def share(self, key: bytes, begin: Callable[[], Awaitable[T]]) -> T:
        """Return the result of `begin`, or of the request in flight. Raises what `begin` raises, to all waiters."""
        self._forget_old()
        if key in self._started:
            earlier = self._started[key][1]
            if not (earlier.done() and self._lost(earlier.result())):
                return await asyncio.shield(earlier)
            self.forget(key)
        started: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._started[key] = (self._now() + WINDOW_SECONDS, started)
        try:
            result = await begin()
        except BaseException as error:
            self.forget(key)
            started.set_exception(error if isinstance(error, Exception) else ConnectionAbortedError())
            started.exception()  # Mark it as retrieved: there may be no other waiter.
            raise
        started.set_result(result)
        return result

    def forget(self, key: bytes) -> None:
        """Make the next request of this key a new one. Safe to repeat."""
        self._started.pop(key, None)

    def _forget_old(self) -> None:
        now = self._now()
        # Entries are in the order of their start, so the first recent one ends the loop.
        while self._started and (oldest := next(iter(self._started.items())))[1][0] <= now:
            del self._started[oldest[0]]
