"""Sweeping old threads and erasing a user, on every storage."""

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from chatkit.store import NotFoundError
from chatkit.types import FileAttachment

from app.adapters.stores import open_storage
from app.domain.identity import RequestContext
from app.domain.task import new_task
from app.environment import Secret
from app.ports.storage import Erasure, Storage
from tests.postgres import Databases
from tests.sql import ANN, NOON, message, storage_at, thread

BOB = RequestContext(user_id="bob")
DAY = dt.timedelta(days=1)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path, databases: Databases) -> AsyncIterator[Storage]:
    async with databases.fresh() as postgres_url:
        urls = {"memory": "memory://", "sqlite": f"sqlite:///{tmp_path}/upkeep.db", "postgresql": postgres_url}
        storage = open_storage(Secret(urls[request.param]))
        await storage.start()
        yield storage
        await storage.aclose()


async def converse(storage: Storage, thread_id: str, context: RequestContext, *, items: int = 3) -> None:
    """A thread of noon, whose items follow each other by a second."""
    await storage.threads.save_thread(thread(thread_id), context)
    for number in range(items):
        await storage.threads.add_thread_item(thread_id, message(thread_id, number), context)


def since(moment: dt.datetime) -> dt.timedelta:
    """The age of what came about then."""
    return dt.datetime.now(dt.UTC) - moment


async def ids(storage: Storage, context: RequestContext) -> list[str]:
    return [found.id for found in (await storage.threads.load_threads(100, None, "asc", context)).data]


async def test_only_threads_without_a_recent_item_go(storage: Storage) -> None:
    await converse(storage, "thr_old", ANN)
    await converse(storage, "thr_empty", ANN, items=0)
    await converse(storage, "thr_revived", ANN)
    revival = message("thr_revived", 9).model_copy(update={"created_at": NOON + DAY})
    await storage.threads.add_thread_item("thr_revived", revival, ANN)
    assert await storage.sweep(since(NOON - DAY / 2)) == 0
    assert await storage.sweep(since(NOON + DAY / 2)) == 2
    assert await ids(storage, ANN) == ["thr_revived"]


async def test_a_sweep_takes_a_batch_at_a_time_of_all_users(storage: Storage) -> None:
    for number in range(5):
        await converse(storage, f"thr_{number}", ANN if number % 2 else BOB, items=1)
    assert [await storage.sweep(since(NOON + DAY), batch=2) for _ in range(4)] == [2, 2, 1, 0]
    assert await ids(storage, ANN) == await ids(storage, BOB) == []


async def test_a_cursor_outlives_the_sweep_of_what_it_names(storage: Storage) -> None:
    await converse(storage, "thr_old", ANN)
    young = thread("thr_young").model_copy(update={"created_at": NOON + DAY})
    await storage.threads.save_thread(young, ANN)
    await storage.sweep(since(NOON + DAY / 2))
    page = await storage.threads.load_threads(10, "thr_old", "asc", ANN)
    assert [found.id for found in page.data] == ["thr_young"]


async def test_forgetting_cursors_spares_those_of_what_was_deleted_later(storage: Storage) -> None:
    await converse(storage, "thr_1", ANN)
    await storage.threads.delete_thread_item("thr_1", "msg_1", ANN)
    await storage.purge_tombstones(DAY)
    page = await storage.threads.load_thread_items("thr_1", "msg_1", 10, "asc", ANN)
    assert [found.id for found in page.data] == ["msg_2"]


async def test_forgotten_cursors_leave_no_row(tmp_path: Path) -> None:
    async with storage_at(f"sqlite:///{tmp_path}/forget.db") as storage:
        await converse(storage, "thr_1", ANN)
        await storage.threads.delete_thread_item("thr_1", "msg_1", ANN)
        await storage.purge_tombstones(-DAY)
        with pytest.raises(NotFoundError):
            await storage.threads.load_thread_items("thr_1", "msg_1", 10, "asc", ANN)


async def test_erasing_a_user_leaves_nothing_of_them_and_all_of_others(storage: Storage) -> None:
    for number in range(3):
        await converse(storage, f"thr_{number}", ANN)
    await converse(storage, "thr_bob", BOB)
    await storage.threads.delete_thread("thr_2", ANN)
    await storage.threads.save_attachment(FileAttachment(id="atc_1", name="a", mime_type="text/plain"), ANN)
    await storage.tasks.add(new_task("ann", "Milk", now=NOON))
    await storage.tasks.add(new_task("bob", "Tea", now=NOON))

    assert await storage.erase("ann") == Erasure(threads=2, tasks=1)

    assert await ids(storage, ANN) == []
    assert await storage.tasks.list("ann") == []
    with pytest.raises(NotFoundError):
        await storage.threads.load_attachment("atc_1", ANN)
    with pytest.raises(NotFoundError):
        await storage.threads.load_threads(10, "thr_2", "asc", ANN)
    assert await ids(storage, BOB) == ["thr_bob"]
    assert len(await storage.tasks.list("bob")) == 1
    assert await storage.erase("ann") == Erasure(threads=0, tasks=0)
