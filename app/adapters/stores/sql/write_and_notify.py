"""Writes that publish signals: one statement on PostgreSQL, one transaction on SQLite."""

from collections.abc import Sequence

from sqlalchemy import Executable

from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.prepared import Parameters, Prepared
from app.adapters.stores.sql.signal_statements import notify, post
from app.adapters.stores.sql.signals import PostgresSignals
from app.ports.signals import Signals


class WriteAndNotify:
    """Runs `writes` with the same values, all or none; a subscriber who is notified can read the result."""

    def __init__(self, database: Database, signals: Signals, *writes: Executable) -> None:
        self._database = database
        self._signals = signals
        self._steps = [Prepared(write) for write in writes]
        named = [write.cte(f"write_{number}") for number, write in enumerate(writes)]  # type: ignore[attr-defined]
        self._notified = Prepared(notify.add_cte(*named))
        self._posted = Prepared(notify.add_cte(*named, post.cte("posted")))

    async def run(self, values: Parameters, signals: Sequence[str]) -> None:
        """Write, and publish `signals` as `Signals.publish` does."""
        if not isinstance(self._signals, PostgresSignals):
            await self._database.run(*((step, values) for step in self._steps))
            await self._signals.publish(signals)
            return
        at_once = self._posted if self._signals.posting else self._notified
        await self._database.rows(at_once, {**values, "signals": [*signals], "sender": self._signals.sender})
        self._signals.deliver_locally(signals)
