"""Claimed requests in a dictionary."""

import datetime as dt

from app.ports.request_claims import RequestClaims


class MemoryRequestClaims(RequestClaims):
    """`RequestClaims` of this process."""

    def __init__(self) -> None:
        self._claims: dict[bytes, tuple[str, dt.datetime]] = {}
        self._responses: dict[str, tuple[bytes, dt.datetime]] = {}

    async def claim(self, key: bytes, turn_id: str, *, now: dt.datetime, until: dt.datetime) -> bool:
        if await self.holder(key, now=now) is not None:
            return False
        self._claims[key] = (turn_id, until)
        return True

    async def holder(self, key: bytes, *, now: dt.datetime) -> str | None:
        turn_id, until = self._claims.get(key, ("", now))
        return turn_id if until > now else None

    async def renew(self, turn_id: str, *, until: dt.datetime) -> None:
        own = [key for key, (holder, _) in self._claims.items() if holder == turn_id]
        self._claims |= dict.fromkeys(own, (turn_id, until))

    async def release(self, turn_id: str) -> None:
        self._claims = {key: claim for key, claim in self._claims.items() if claim[0] != turn_id}

    async def store_response(self, turn_id: str, events: bytes, *, until: dt.datetime) -> None:
        self._responses[turn_id] = (events, until)

    async def stored_response(self, turn_id: str) -> bytes | None:
        events, _ = self._responses.get(turn_id, (None, None))
        return events

    async def forget(self, before: dt.datetime) -> None:
        self._responses = {turn_id: kept for turn_id, kept in self._responses.items() if kept[1] >= before}
        self._claims = {key: claim for key, claim in self._claims.items() if claim[1] >= before}
