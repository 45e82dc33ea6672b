"""Many at once: turns, streams, other processes, and callers that give up."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.adapters.stores.sql.journal import SqlTurnJournal
from app.adapters.stores.sql.storage import SqlStorage
from app.domain.errors import ConflictError, StoreUnavailableError
from app.domain.task import Task, TaskChange, new_task
from app.ports.turn_journal import TurnHead
from tests.postgres import Databases
from tests.sql import ANN, NOON, message, storage_at, thread, unstarted

ITEMS = 6


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path, databases: Databases) -> AsyncIterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/many.db"
        return
    async with databases.fresh() as url:
        yield url


@pytest.fixture
async def storage(url: str) -> AsyncIterator[SqlStorage]:
    async with storage_at(url, pool_size=10) as storage:
        yield storage


async def turn(storage: SqlStorage, number: int) -> int:
    """One conversation of a few items; returns how many of them are there."""
    thread_id = f"thr_{number}"
    await storage.threads.save_thread(thread(thread_id), ANN)
    seen = 0
    for item in range(ITEMS):
        await storage.threads.add_thread_item(thread_id, message(thread_id, item), ANN)
        seen = len((await storage.threads.load_thread_items(thread_id, None, 20, "asc", ANN)).data)
        assert seen == item + 1
    return seen


async def test_fifty_turns_at_once(storage: SqlStorage) -> None:
    assert await asyncio.gather(*(turn(storage, number) for number in range(50))) == [ITEMS] * 50


async def test_a_turn_that_only_waited_in_the_queue_is_not_over_the_limit(
    storage: SqlStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue ahead becomes empty after the turn was refused."""
    await storage.threads.save_thread(thread("thr_1"), ANN)
    soon = dt.timedelta(seconds=60)
    first, second = (TurnHead(id=f"turn_{name}", thread_id="thr_1", user_id=ANN.user_id, owner="us") for name in "ab")
    journal = storage.journal
    assert isinstance(journal, SqlTurnJournal)
    enter = journal._clear_and_enter

    async def while_the_first_leaves(values: dict[str, object]) -> int:
        entered = await enter(values)
        await journal.leave_queue(first.id)
        return entered

    await journal.queue(first.id, "thr_1", soon)
    monkeypatch.setattr(journal, "_clear_and_enter", while_the_first_leaves)
    assert not await journal.begin(second, soon, at_most=5)
    assert await journal.begin(second, soon, at_most=5)


async def test_two_hundred_streams_on_ten_connections(storage: SqlStorage) -> None:
    await storage.threads.save_thread(thread("thr_1"), ANN)
    adding = (storage.threads.add_thread_item("thr_1", message("thr_1", number), ANN) for number in range(200))
    await asyncio.gather(*adding)
    seen: list[str] = []
    after = None
    while True:
        page = await storage.threads.load_thread_items("thr_1", after, 100, "asc", ANN)
        seen += [item.id for item in page.data]
        after = page.after
        if after is None:
            break
    assert seen == [f"msg_{number}" for number in range(200)]


async def test_two_servers_on_one_database(url: str) -> None:
    async with storage_at(url) as one, storage_at(url) as other:
        numbers = range(20)
        done = await asyncio.gather(*(turn(one if number % 2 else other, number) for number in numbers))
    assert done == [ITEMS] * 20


async def test_many_servers_that_start_at_once_on_a_new_file(tmp_path: Path) -> None:
    for number in range(10):
        storages = [unstarted(f"sqlite:///{tmp_path}/new_{number}.db") for _ in range(6)]
        try:
            await asyncio.gather(*(storage.start() for storage in storages))
        finally:
            await asyncio.gather(*(storage.aclose() for storage in storages))


async def test_no_change_to_a_task_is_lost(storage: SqlStorage) -> None:
    task = new_task("ann", "Count", now=NOON)
    await storage.tasks.add(task)

    async def count() -> Task:
        while True:
            current = await storage.tasks.get("ann", task.id)
            changed = current.changed(TaskChange(description=f"{current.description}x"), now=NOON)
            try:
                await storage.tasks.update(changed)
            except ConflictError:
                continue
            return changed

    await asyncio.gather(*(count() for _ in range(20)))
    assert (await storage.tasks.get("ann", task.id)).description == "x" * 20


async def test_callers_that_give_up_leave_no_lock_and_no_connection_behind(storage: SqlStorage) -> None:
    await storage.threads.save_thread(thread("thr_1"), ANN)
    for number in range(40):
        await storage.threads.add_thread_item("thr_1", message("thr_1", number), ANN)
    deleting = [
        asyncio.create_task(storage.threads.delete_thread_item("thr_1", f"msg_{number}", ANN)) for number in range(40)
    ]
    for rounds, task in enumerate(deleting):
        # Each is given up at another point of its way.
        for _ in range(rounds):
            await asyncio.sleep(0)
        task.cancel()
    await asyncio.gather(*deleting, return_exceptions=True)
    page = await storage.threads.load_thread_items("thr_1", None, 100, "asc", ANN)
    left = {item.id for item in page.data}
    for number in range(40):
        if f"msg_{number}" in left:
            await storage.threads.delete_thread_item("thr_1", f"msg_{number}", ANN)
    assert (await storage.threads.load_thread_items("thr_1", "msg_20", 100, "asc", ANN)).data == []


async def test_a_pool_that_stays_exhausted_says_what_to_raise(
    storage: SqlStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = storage.database.engine
    monkeypatch.setattr(engine.pool, "_timeout", 0)
    async with AsyncExitStack() as taken:
        for _ in range(10):
            with suppress(PoolTimeoutError):
                await taken.enter_async_context(engine.connect())
        with pytest.raises(StoreUnavailableError) as caught:
            await storage.check()
    assert "DATABASE_POOL_SIZE" in caught.value.detail
    await storage.check()
