"""The right to answer a request, asked for while the answer is already being prepared."""

import asyncio
import datetime as dt

from app.domain.ids import new_id
from app.ports.request_claims import RequestClaims


class AnsweredElsewhereError(Exception):
    """Another turn has this request; `thread_id` is the thread that was begun for it in vain."""

    def __init__(self, thread_id: str) -> None:
        super().__init__(thread_id)
        self.thread_id = thread_id


class Claim:
    """Asks at once; the answer is there when a new thread is stored, so that nothing waits for it."""

    def __init__(self, claims: RequestClaims, key: bytes, *, now: dt.datetime, until: dt.datetime) -> None:
        self.turn_id = new_id("turn")
        self._claims = claims
        self._lasts = until - now
        self._until = until
        self._asked = asyncio.create_task(claims.claim(key, self.turn_id, now=now, until=until))

    async def granted(self) -> bool:
        """Whether the request is this turn's. Raises `StoreUnavailableError`."""
        return await asyncio.shield(self._asked)

    async def renew(self) -> None:
        """It waits for its turn. Raises `StoreUnavailableError`."""
        await self._claims.renew(self.turn_id, until=dt.datetime.now(dt.UTC) + self._lasts)

    async def keep(self, events: bytes) -> None:
        """Keep what was said, as long as the request was claimed. Raises `StoreUnavailableError`."""
        await self._claims.keep(self.turn_id, events, until=self._until)

    async def hold(self, thread_id: str = "") -> None:
        """Raises `AnsweredElsewhereError` when it is another's."""
        if not await self.granted():
            raise AnsweredElsewhereError(thread_id)
