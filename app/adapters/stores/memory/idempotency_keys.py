"""Idempotency keys and stored responses in dictionaries."""

import datetime as dt
import time
from collections.abc import Callable

from app.ports.idempotency_keys import IdempotencyKeys


class MemoryIdempotencyKeys(IdempotencyKeys):
    """`IdempotencyKeys` of this process; `clock` returns seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._reservations: dict[bytes, tuple[str, float]] = {}
        self._responses: dict[str, tuple[bytes, float, str]] = {}

    async def reserve(self, key: bytes, turn_id: str, lasts: dt.timedelta) -> bool:
        if await self.holder(key) is not None:
            return False
        self._reservations[key] = (turn_id, self._in(lasts))
        return True

    async def holder(self, key: bytes, *, ahead: dt.timedelta = dt.timedelta()) -> str | None:
        if key not in self._reservations:
            return None
        turn_id, until = self._reservations[key]
        return turn_id if until > self._in(ahead) else None

    async def renew(self, turn_id: str, lasts: dt.timedelta) -> None:
        own = [key for key, (holder, _) in self._reservations.items() if holder == turn_id]
        self._reservations |= dict.fromkeys(own, (turn_id, self._in(lasts)))

    async def release(self, turn_id: str) -> None:
        self._reservations = {
            key: reservation for key, reservation in self._reservations.items() if reservation[0] != turn_id
        }

    async def store_response(self, turn_id: str, events: bytes, lasts: dt.timedelta, *, user_id: str) -> None:
        self._responses.setdefault(turn_id, (events, self._in(lasts), user_id))

    async def stored_response(self, turn_id: str) -> bytes | None:
        stored = self._responses.get(turn_id)
        return stored[0] if stored else None

    def erase(self, user_id: str) -> None:
        """Delete the stored responses of a user."""
        self._responses = {turn_id: stored for turn_id, stored in self._responses.items() if stored[2] != user_id}

    async def forget(self) -> None:
        now = self._clock()
        self._responses = {turn_id: stored for turn_id, stored in self._responses.items() if stored[1] >= now}
        self._reservations = {
            key: reservation for key, reservation in self._reservations.items() if reservation[1] >= now
        }

    def _in(self, span: dt.timedelta) -> float:
        return self._clock() + span.total_seconds()
