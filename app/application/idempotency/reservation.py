"""A reservation: the right of one turn to answer a request, asked for while the answer is already being prepared."""

import asyncio
import datetime as dt

from app.domain.ids import new_id
from app.ports.idempotency_keys import IdempotencyKeys


class AnsweredElsewhereError(Exception):
    """Another turn has this request; `thread_id` is the thread that was begun for it in vain."""

    def __init__(self, thread_id: str) -> None:
        super().__init__(thread_id)
        self.thread_id = thread_id


class KeyReservation:
    """Asks the storage at once; its answer is there when a new thread is stored, so that nothing waits for it."""

    def __init__(self, keys: IdempotencyKeys, key: bytes, user_id: str, lasts: dt.timedelta) -> None:
        self.turn_id = new_id("turn")
        self._user_id = user_id
        self._keys = keys
        self._lasts = lasts
        self._asked = asyncio.create_task(keys.reserve(key, self.turn_id, lasts))

    async def granted(self) -> bool:
        """True when the request is this turn's. Raises `StoreUnavailableError`."""
        return await asyncio.shield(self._asked)

    async def renew(self) -> None:
        """Move the claim's end while the turn waits for its thread. Raises `StoreUnavailableError`."""
        await self._keys.renew(self.turn_id, self._lasts)

    async def store_response(self, events: bytes) -> None:
        """Store the response, as long as a request is claimed. Raises `StoreUnavailableError`."""
        await self._keys.store_response(self.turn_id, events, self._lasts, user_id=self._user_id)

    async def hold(self, thread_id: str = "") -> None:
        """Raises `AnsweredElsewhereError` when it is another's."""
        if not await self.granted():
            raise AnsweredElsewhereError(thread_id)
