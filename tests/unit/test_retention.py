"""Old threads go by themselves while the server runs."""

import asyncio
import datetime as dt

import structlog
from chatkit.types import ThreadMetadata

from app.adapters.stores.memory import MemoryStorage
from app.application.threads.retention import apply_retention, periodic_retention
from app.domain.errors import StoreUnavailableError
from app.domain.identity import RequestContext

ANN = RequestContext(user_id="ann")


class WatchedStorage(MemoryStorage):
    """Storage that notes each finished round, and fails a given number of times."""

    def __init__(self, *, failures: int = 0) -> None:
        super().__init__()
        self.done = asyncio.Event()
        self._failures = failures

    async def purge_tombstones(self, age: dt.timedelta) -> None:
        self.done.set()
        if self._failures:
            self._failures -= 1
            raise StoreUnavailableError("away", detail="on holiday")


async def threads_of_age(storage: MemoryStorage, *ages: int) -> None:
    now = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1)
    for age in ages:
        thread = ThreadMetadata(id=f"thr_{age}", created_at=now - dt.timedelta(days=age))
        await storage.threads.save_thread(thread, ANN)


async def left(storage: MemoryStorage) -> list[str]:
    return [thread.id for thread in (await storage.threads.load_threads(100, None, "desc", ANN)).data]


async def test_threads_go_when_their_days_are_over() -> None:
    storage = MemoryStorage()
    await threads_of_age(storage, *range(1, 300))
    assert await apply_retention(storage, thread_days=30) == 269
    assert await left(storage) == [f"thr_{age}" for age in range(1, 31)]


async def test_without_days_they_stay() -> None:
    storage = MemoryStorage()
    await threads_of_age(storage, 40_000)
    assert await apply_retention(storage, thread_days=0) == 0
    assert await left(storage) == ["thr_40000"]


async def test_a_running_server_lets_go_of_them() -> None:
    storage = WatchedStorage()
    await threads_of_age(storage, 1, 100)
    async with periodic_retention(storage, thread_days=30):
        await storage.done.wait()
    assert await left(storage) == ["thr_1"]


async def test_a_database_that_is_away_is_said_and_no_more() -> None:
    storage = WatchedStorage(failures=1)
    with structlog.testing.capture_logs() as logs:
        async with periodic_retention(storage, thread_days=30):
            await storage.done.wait()
            await asyncio.sleep(0)
    assert [entry["reason"] for entry in logs] == ["on holiday"]
