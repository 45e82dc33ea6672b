"""Storage in memory, for tests and for trying Anyport; the data ends with the process."""

import datetime as dt

from app.adapters.stores.memory.approvals import MemoryApprovalLog
from app.adapters.stores.memory.counters import MemoryCounters
from app.adapters.stores.memory.files import MemoryFileLedger
from app.adapters.stores.memory.idempotency_keys import MemoryIdempotencyKeys
from app.adapters.stores.memory.journal import MemoryTurnJournal
from app.adapters.stores.memory.signals import LocalSignals
from app.adapters.stores.memory.summaries import MemoryThreadSummaries
from app.adapters.stores.memory.tasks import MemoryTaskRepository
from app.adapters.stores.memory.threads import MemoryThreadStore
from app.adapters.stores.memory.turns import MemoryTurnLog
from app.ports.storage import Erasure, Storage


class MemoryStorage(Storage):
    """`Storage` in the memory of this process."""

    name = "memory"
    location = "memory://"
    threads: MemoryThreadStore
    tasks: MemoryTaskRepository
    idempotency_keys: MemoryIdempotencyKeys

    def __init__(self) -> None:
        self.threads = MemoryThreadStore()
        self.tasks = MemoryTaskRepository()
        self.turn_log = MemoryTurnLog(self.threads)
        self.approvals = MemoryApprovalLog(self.threads)
        self.summaries = MemoryThreadSummaries(self.threads)
        self.signals = LocalSignals()
        self.journal = MemoryTurnJournal(self.threads, self.signals)
        self.idempotency_keys = MemoryIdempotencyKeys()
        self.counters = MemoryCounters()
        self.files = MemoryFileLedger(self.threads)

    async def start(self) -> None:
        """Do nothing: there is no connection."""

    async def check(self) -> None:
        """Do nothing: memory is always available."""

    async def check_writing(self) -> None:
        """Do nothing: memory is always writable."""

    async def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    async def sweep(self, age: dt.timedelta, *, batch: int = 100) -> int:
        return await self.threads.sweep(await self.now() - age, batch)

    async def purge_tombstones(self, age: dt.timedelta) -> None:
        """Do nothing: tombstones take a few bytes and end with the process."""

    async def erase(self, user_id: str) -> Erasure:
        counted = await self.counters.erase(user_id)
        self.idempotency_keys.erase(user_id)
        threads = await self.threads.erase(user_id)
        return Erasure(threads=threads, tasks=self.tasks.erase(user_id), is_recent=counted > 0)

    async def scrub(self, *, thorough: bool = False) -> None:
        """Do nothing: deleted data leaves no copy."""

    async def aclose(self) -> None:
        """Do nothing: there is no connection."""
