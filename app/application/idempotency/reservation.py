"""Key reservation: the right of one turn to answer the requests of an idempotency key."""

import asyncio
import datetime as dt

from app.domain.ids import new_id
from app.ports.idempotency_keys import IdempotencyKeys


class AnsweredElsewhereError(Exception):
    """Another turn holds the idempotency key; `thread_id` is the empty new thread to delete, if there is one."""

    def __init__(self, thread_id: str) -> None:
        super().__init__(thread_id)
        self.thread_id = thread_id


class KeyReservation:
    """A reservation of an idempotency key, requested when it is constructed.

    The storage answers while the new thread is stored, so no request waits for it.
    """

    def __init__(self, keys: IdempotencyKeys, key: bytes, user_id: str, lasts: dt.timedelta) -> None:
        self.turn_id = new_id("turn")
        self._user_id = user_id
        self._keys = keys
        self._lasts = lasts
        self._asked = asyncio.create_task(keys.reserve(key, self.turn_id, lasts))

    async def granted(self) -> bool:
        """True when this turn holds the key. Raises `StoreUnavailableError`."""
        return await asyncio.shield(self._asked)

    async def renew(self) -> None:
        """Extend the reservation while the turn waits for its thread. Raises `StoreUnavailableError`."""
        await self._keys.renew(self.turn_id, self._lasts)

    async def store_response(self, events: bytes) -> None:
        """Store the response for as long as a reservation lasts. Raises `StoreUnavailableError`."""
        await self._keys.store_response(self.turn_id, events, self._lasts, user_id=self._user_id)

    async def require(self, thread_id: str = "") -> None:
        """Wait for the key. Raises `AnsweredElsewhereError` when another turn holds it, and `StoreUnavailableError`."""
        if not await self.granted():
            raise AnsweredElsewhereError(thread_id)
