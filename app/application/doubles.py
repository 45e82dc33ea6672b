"""The same request sent twice: a client that lost its connection tries again with the same body.

ChatKit's front end repeats a streaming request that failed several times over some 25 seconds; each repetition would
be another thread and another bill.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from app.domain.identity import RequestContext

T = TypeVar("T")

SECONDS: Final = 60.0


def double_key(context: RequestContext, client: str, body: bytes) -> bytes:
    """What makes two requests one: the user, the instance of the front end, and every byte of the body."""
    parts = (context.user_id.encode(errors="surrogatepass"), client.encode(errors="surrogatepass"), body)
    return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).digest()


class Doubles(Generic[T]):
    """What was begun for the requests of the last minute, until it was delivered.

    A request that is repeated after its answer came whole is a new one: people say “yes” twice.
    """

    def __init__(
        self, *, now: Callable[[], float] = time.monotonic, lost: Callable[[T], bool] = lambda _: False
    ) -> None:
        """`lost` says of something begun that it will never be whole."""
        self._now = now
        self._lost = lost
        self._begun: dict[bytes, tuple[float, asyncio.Future[T]]] = {}

    async def once(self, key: bytes, begin: Callable[[], Awaitable[T]]) -> T:
        """What `begin` gives, or gave to the same request before; what it raised concerns nobody else."""
        self._forget_old()
        if key in self._begun:
            earlier = self._begun[key][1]
            if not (earlier.done() and self._lost(earlier.result())):
                return await asyncio.shield(earlier)
            self.forget(key)
        begun: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._begun[key] = (self._now() + SECONDS, begun)
        try:
            result = await begin()
        except BaseException as error:
            self.forget(key)
            begun.set_exception(error if isinstance(error, Exception) else ConnectionAbortedError())
            begun.exception()  # Nobody else may be waiting, and that is no mistake.
            raise
        begun.set_result(result)
        return result

    def forget(self, key: bytes | None) -> None:
        """The answer was delivered: the same body is a new request from now on. None is nobody's key."""
        if key is not None:
            self._begun.pop(key, None)

    def _forget_old(self) -> None:
        now = self._now()
        # In the order in which they were begun, so the first that is young ends the search.
        while self._begun and (oldest := next(iter(self._begun.items())))[1][0] <= now:
            del self._begun[oldest[0]]
