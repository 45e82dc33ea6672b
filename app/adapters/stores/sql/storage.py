"""The storage behind `sqlite:` and `postgresql:` URLs."""

import datetime as dt
from pathlib import Path

from msgspec.structs import replace
from sqlalchemy import literal, select

from app.adapters.stores.sql import upkeep
from app.adapters.stores.sql.approvals import SqlApprovalLog
from app.adapters.stores.sql.clock import Now
from app.adapters.stores.sql.counters import SqlCounters
from app.adapters.stores.sql.files import SqlFileLedger
from app.adapters.stores.sql.idempotency_keys import SqlIdempotencyKeys
from app.adapters.stores.sql.journal import SqlTurnJournal
from app.adapters.stores.sql.lazy_tasks import LazyTaskRepository
from app.adapters.stores.sql.open_database import open_database
from app.adapters.stores.sql.owners import OwnerFiles
from app.adapters.stores.sql.prepared import Prepared
from app.adapters.stores.sql.schema import check_schema
from app.adapters.stores.sql.signals import open_signals
from app.adapters.stores.sql.summaries import SqlThreadSummaries
from app.adapters.stores.sql.threads import SqlThreadStore
from app.adapters.stores.sql.turns import SqlTurnLog
from app.adapters.stores.sql.write_probe import WriteProbe
from app.adapters.stores.url import PostgresTarget, SqliteTarget
from app.domain.errors import StoreUnavailableError
from app.domain.language import _
from app.ports.storage import Erasure, Storage

_PING = select(literal(1))
_NOW = Prepared(select(Now().label("now")))


class SqlStorage(Storage):
    """`Storage` in one SQL database."""

    def __init__(self, target: SqliteTarget | PostgresTarget, *, pool_size: int) -> None:
        self.database = open_database(target, pool_size=pool_size)
        self.name = self.database.name
        self.location = str(target)
        self.threads = SqlThreadStore(self.database)
        self.tasks = self._tasks = LazyTaskRepository(self.database)
        self.turn_log = SqlTurnLog(self.database)
        self.approvals = SqlApprovalLog(self.database)
        self.summaries = SqlThreadSummaries(self.database)
        self.signals = open_signals(self.database, target)
        owners = OwnerFiles(Path(target.path)) if isinstance(target, SqliteTarget) else None
        self.journal = SqlTurnJournal(self.database, self.signals, owners)
        self.idempotency_keys = SqlIdempotencyKeys(self.database)
        self.counters = SqlCounters(self.database)
        self.files = SqlFileLedger(self.database)
        self._probe = WriteProbe(self.database)

    async def start(self) -> None:
        try:
            await check_schema(self.database)
            await self.database.settle()
            await self.signals.start()
        except StoreUnavailableError as error:
            raise StoreUnavailableError(
                _("The database cannot be used."),
                detail=f"check DATABASE_URL, and that the database runs: {self.location}: {error.detail}",
            ) from error

    async def check(self) -> None:
        if self._probe.needed:
            await self.check_writing()
        else:
            await self.database.row(_PING, {})

    async def check_writing(self) -> None:
        await self._probe.run()

    async def now(self) -> dt.datetime:
        [row] = await self.database.rows(_NOW, {})
        now: dt.datetime = row.now
        return now

    async def sweep(self, age: dt.timedelta, *, batch: int = upkeep.BATCH) -> int:
        return await upkeep.sweep(self.database, age, batch)

    async def purge_tombstones(self, age: dt.timedelta) -> None:
        await upkeep.purge_tombstones(self.database, age)

    async def erase(self, user_id: str) -> Erasure:
        gone = await upkeep.erase(self.database, user_id)
        counted = await self.counters.erase(user_id)
        return replace(gone, is_recent=gone.is_recent or counted > 0)

    async def scrub(self, *, thorough: bool = False) -> None:
        await self.database.scrub(thorough=thorough)

    async def aclose(self) -> None:
        await self._tasks.aclose()
        await self.signals.aclose()
        await self.database.aclose()
