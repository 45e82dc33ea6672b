"""Writes with word of them: one statement for PostgreSQL, one visit to SQLite."""

from collections.abc import Sequence

from sqlalchemy import ARRAY, Executable, Text, bindparam, func, select

from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.prepared import Parameters, Prepared
from app.ports.signals import Signals

CHANNEL = "anyport"

_notify = select(func.pg_notify(CHANNEL, func.unnest(bindparam("signals", type_=ARRAY(Text)))))
NOTIFY = Prepared(_notify)


class Telling:
    """`writes` that need the same values, all or none; whoever is told of them can see them."""

    def __init__(self, database: Database, signals: Signals, *writes: Executable) -> None:
        self._database = database
        self._signals = signals
        self._steps = [Prepared(write) for write in writes]
        named = [write.cte(f"write_{number}") for number, write in enumerate(writes)]  # type: ignore[attr-defined]
        self._at_once = Prepared(_notify.add_cte(*named))

    async def run(self, values: Parameters, signals: Sequence[str]) -> None:
        """Write, and tell. Where no signal of the database's own arrives it is sent as others are."""
        if self._database.name != "postgresql":
            await self._database.run(*((step, values) for step in self._steps))
            await self._signals.send(signals)
        elif self._signals.heard:
            await self._database.rows(self._at_once, {**values, "signals": [*signals]})
        else:
            await self._database.rows(self._at_once, {**values, "signals": []})
            await self._signals.send(signals)
