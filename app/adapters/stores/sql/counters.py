"""Counters in SQL."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import Executable, bindparam, delete, func, select

from app.adapters.stores.sql.clock import FromNow, Now
from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.tables import counters
from app.adapters.stores.sql.types import AnyText
from app.ports.counters import Counters, counts_for

T = TypeVar("T")

KEYS_AT_ONCE = 100
"""Keys per statement: SQLite allows a few hundred parameters, and a short statement blocks other writers less."""

_read = select(counters.c.key, counters.c.amount).where(
    counters.c.key.in_(bindparam("keys", type_=AnyText, expanding=True))
)
_ENDING = bindparam("ending", type_=AnyText)
_place = func.length(counters.c.key) - func.length(_ENDING) + 1
_ending = select(counters.c.key).where(_place > 0, func.substr(counters.c.key, _place) == _ENDING)
_delete = delete(counters).where(counters.c.key.in_(bindparam("keys", type_=AnyText, expanding=True)))
_forget = delete(counters).where(counters.c.keep_until < Now())


class SqlCounters(Counters):
    """`Counters` on PostgreSQL or SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, amounts: Mapping[str, int], *, keep: dt.timedelta) -> Mapping[str, int]:
        added = {key: amount for key, amount in amounts.items() if amount}
        asked = [key for key in amounts if key not in added]
        sums = dict.fromkeys(asked, 0)
        for keys in _batches(asked):
            sums |= {row.key: row.amount for row in await self._database.rows(_read, {"keys": keys})}
        if added:
            # Sorted, so that two replicas lock the same keys in the same order.
            entries = sorted(added.items())
            async with self._database.transaction() as connection:
                for batch in _batches(entries):
                    rows = await connection.execute(self._add(batch, keep))
                    sums |= {row.key: row.amount for row in rows}
        return sums

    def _add(self, entries: Sequence[tuple[str, int]], keep: dt.timedelta) -> Executable:
        keep_until = FromNow(keep.total_seconds())
        rows = [{"key": key, "amount": amount, "keep_until": keep_until} for key, amount in entries]
        statement = self._database.insert(counters).values(rows)
        adding: Executable = statement.on_conflict_do_update(
            index_elements=["key"],
            set_={
                "amount": counters.c.amount + statement.excluded.amount,
                "keep_until": statement.excluded.keep_until,
            },
        ).returning(counters.c.key, counters.c.amount)
        return adding

    async def erase(self, user_id: str) -> int:
        rows = await self._database.rows(_ending, {"ending": f":{user_id}"})
        own = [row.key for row in rows if counts_for(row.key, user_id)]
        for keys in _batches(own):
            await self._database.write(_delete, {"keys": keys})
        return len(own)

    async def forget(self) -> None:
        await self._database.write(_forget, {})


def _batches(entries: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(entries), KEYS_AT_ONCE):
        yield entries[start : start + KEYS_AT_ONCE]
