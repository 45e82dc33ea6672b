"""Idempotency keys and stored responses in SQL."""

import datetime as dt

from sqlalchemy import LargeBinary, bindparam, delete, select, update

from app.adapters.stores.sql.clock import FromNow, Now, duration, lies_ahead
from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.prepared import Prepared
from app.adapters.stores.sql.tables import request_answers as responses
from app.adapters.stores.sql.tables import request_claims as keys
from app.adapters.stores.sql.types import AnyText
from app.ports.idempotency_keys import IdempotencyKeys

_KEY = bindparam("key", type_=LargeBinary)
_TURN = bindparam("turn_id", type_=AnyText)
_USER = bindparam("user_id", type_=AnyText)
_LATER = FromNow(duration("seconds"))

_LONGEST = 600.0
"""Seconds; a claim that lasts longer was made before the database's clock was put back."""

_held = lies_ahead(keys.c.until, at_most=_LONGEST)
_holder = Prepared(select(keys.c.turn_id).where(keys.c.key == _KEY, _held, keys.c.until > _LATER))
_renew = update(keys).where(keys.c.turn_id == bindparam("held_by", type_=AnyText)).values(until=_LATER)
_release = Prepared(delete(keys).where(keys.c.turn_id == _TURN))
_stored_response = Prepared(select(responses.c.events).where(responses.c.turn_id == _TURN))
_forget = Prepared(delete(keys).where(keys.c.until < Now()))
_forget_responses = Prepared(delete(responses).where(responses.c.until < Now()))


class SqlIdempotencyKeys(IdempotencyKeys):
    """`IdempotencyKeys` on PostgreSQL or SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database
        reserve = database.insert(keys).values(key=_KEY, turn_id=_TURN, until=_LATER)
        changed = {"turn_id": reserve.excluded.turn_id, "until": reserve.excluded.until}
        self._reserve = Prepared(reserve.on_conflict_do_update(index_elements=["key"], set_=changed, where=~_held))
        response = database.insert(responses).values(
            turn_id=_TURN, events=bindparam("events", type_=LargeBinary), until=_LATER, user_id=_USER
        )
        self._store_response = Prepared(response.on_conflict_do_nothing())

    async def reserve(self, key: bytes, turn_id: str, lasts: dt.timedelta) -> bool:
        values = {"key": key, "turn_id": turn_id, "seconds": lasts.total_seconds()}
        return await self._database.write(self._reserve, values) > 0

    async def holder(self, key: bytes, *, ahead: dt.timedelta = dt.timedelta()) -> str | None:
        row = await self._database.row(_holder, {"key": key, "seconds": ahead.total_seconds()})
        return None if row is None else str(row.turn_id)

    async def renew(self, turn_id: str, lasts: dt.timedelta) -> None:
        await self._database.write(_renew, {"held_by": turn_id, "seconds": lasts.total_seconds()})

    async def release(self, turn_id: str) -> None:
        await self._database.write(_release, {"turn_id": turn_id})

    async def store_response(self, turn_id: str, events: bytes, lasts: dt.timedelta, *, user_id: str) -> None:
        values = {"turn_id": turn_id, "events": events, "user_id": user_id, "seconds": lasts.total_seconds()}
        await self._database.write(self._store_response, values)

    async def stored_response(self, turn_id: str) -> bytes | None:
        row = await self._database.row(_stored_response, {"turn_id": turn_id})
        return None if row is None else bytes(row.events)

    async def forget(self) -> None:
        await self._database.run((_forget, {}), (_forget_responses, {}))
