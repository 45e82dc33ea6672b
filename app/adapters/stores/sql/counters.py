"""Counters in SQL."""

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import islice

from sqlalchemy import Executable, bindparam, delete

from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.tables import counters
from app.adapters.stores.sql.types import Moment
from app.ports.counters import Counters

KEYS_AT_ONCE = 100
"""SQLite takes a few hundred parameters in a statement, and a short statement keeps others waiting for less."""

_forget = delete(counters).where(counters.c.keep_until < bindparam("before", type_=Moment))


class SqlCounters(Counters):
    """`Counters` on PostgreSQL or SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, amounts: Mapping[str, int], *, keep_until: dt.datetime) -> Mapping[str, int]:
        sums: dict[str, int] = {}
        # Sorted, so that two replicas which add to the same keys lock them in the same order.
        entries = iter(sorted(amounts.items()))
        async with self._database.transaction() as connection:
            while some := list(islice(entries, KEYS_AT_ONCE)):
                rows = await connection.execute(self._add(some, keep_until))
                sums |= {row.key: row.amount for row in rows}
        return sums

    def _add(self, entries: Sequence[tuple[str, int]], keep_until: dt.datetime) -> Executable:
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

    async def forget(self, before: dt.datetime) -> None:
        await self._database.write(_forget, {"before": before})
