"""The requests in flight of one process."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from app.application.idempotency.key import WINDOW_SECONDS

T = TypeVar("T")


class RequestsInFlight(Generic[T]):
    """What was begun for the requests of the last `WINDOW_SECONDS`, by idempotency key."""

    def __init__(
        self, *, now: Callable[[], float] = time.monotonic, lost: Callable[[T], bool] = lambda _: False
    ) -> None:
        """`lost` is true for something begun that will never be whole: the request is begun anew."""
        self._now = now
        self._lost = lost
        self._begun: dict[bytes, tuple[float, asyncio.Future[T]]] = {}

    async def share(self, key: bytes, begin: Callable[[], Awaitable[T]]) -> T:
        """Return what `begin` gives, or gave to the request in flight. An error reaches those who wait for it now."""
        self._forget_old()
        if key in self._begun:
            earlier = self._begun[key][1]
            if not (earlier.done() and self._lost(earlier.result())):
                return await asyncio.shield(earlier)
            self.forget(key)
        begun: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._begun[key] = (self._now() + WINDOW_SECONDS, begun)
        try:
            result = await begin()
        except BaseException as error:
            self.forget(key)
            begun.set_exception(error if isinstance(error, Exception) else ConnectionAbortedError())
            begun.exception()  # Nobody else may be waiting, and that is no mistake.
            raise
        begun.set_result(result)
        return result

    def forget(self, key: bytes) -> None:
        """Make the next request of this key a new one. Safe to repeat."""
        self._begun.pop(key, None)

    def _forget_old(self) -> None:
        now = self._now()
        # In the order in which they were begun, so the first that is young ends the search.
        while self._begun and (oldest := next(iter(self._begun.items())))[1][0] <= now:
            del self._begun[oldest[0]]
