"""Claimed requests in SQL."""

import datetime as dt

from sqlalchemy import LargeBinary, bindparam, delete, select, update

from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.prepared import Prepared
from app.adapters.stores.sql.tables import request_answers as answers
from app.adapters.stores.sql.tables import request_claims as claims
from app.adapters.stores.sql.types import AnyText, Moment
from app.ports.request_claims import RequestClaims

_KEY = bindparam("key", type_=LargeBinary)
_TURN = bindparam("turn_id", type_=AnyText)
_NOW = bindparam("now", type_=Moment)
_UNTIL = bindparam("until", type_=Moment)

_holder = Prepared(select(claims.c.turn_id).where(claims.c.key == _KEY, claims.c.until > _NOW))
_renew = (
    update(claims)
    .where(claims.c.turn_id == bindparam("held_by", type_=AnyText))
    .values(until=bindparam("moved_to", type_=Moment))
)
_release = Prepared(delete(claims).where(claims.c.turn_id == _TURN))
_stored_response = Prepared(select(answers.c.events).where(answers.c.turn_id == _TURN))
_forget = Prepared(delete(claims).where(claims.c.until < _NOW))
_forget_responses = Prepared(delete(answers).where(answers.c.until < _NOW))


class SqlRequestClaims(RequestClaims):
    """`RequestClaims` on PostgreSQL or SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database
        claim = database.insert(claims).values(key=_KEY, turn_id=_TURN, until=_UNTIL)
        changed = {"turn_id": claim.excluded.turn_id, "until": claim.excluded.until}
        self._claim = Prepared(
            claim.on_conflict_do_update(index_elements=["key"], set_=changed, where=claims.c.until <= _NOW)
        )
        response = database.insert(answers).values(
            turn_id=_TURN, events=bindparam("events", type_=LargeBinary), until=_UNTIL
        )
        self._store_response = Prepared(response.on_conflict_do_nothing())

    async def claim(self, key: bytes, turn_id: str, *, now: dt.datetime, until: dt.datetime) -> bool:
        values = {"key": key, "turn_id": turn_id, "now": now, "until": until}
        return await self._database.write(self._claim, values) > 0

    async def holder(self, key: bytes, *, now: dt.datetime) -> str | None:
        row = await self._database.row(_holder, {"key": key, "now": now})
        return None if row is None else str(row.turn_id)

    async def renew(self, turn_id: str, *, until: dt.datetime) -> None:
        await self._database.write(_renew, {"held_by": turn_id, "moved_to": until})

    async def release(self, turn_id: str) -> None:
        await self._database.write(_release, {"turn_id": turn_id})

    async def store_response(self, turn_id: str, events: bytes, *, until: dt.datetime) -> None:
        await self._database.write(self._store_response, {"turn_id": turn_id, "events": events, "until": until})

    async def stored_response(self, turn_id: str) -> bytes | None:
        row = await self._database.row(_stored_response, {"turn_id": turn_id})
        return None if row is None else bytes(row.events)

    async def forget(self, before: dt.datetime) -> None:
        await self._database.run((_forget, {"now": before}), (_forget_responses, {"now": before}))
