"""SQLite files that cannot be used, are full, or are locked by another process."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from app.adapters.stores.sql.storage import SqlStorage
from app.domain.errors import SchemaError, StoreUnavailableError
from tests.sql import ANN, message, storage_at, thread, unstarted


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[SqlStorage]:
    async with storage_at(f"sqlite:///{tmp_path}/faults.db") as storage:
        await storage.threads.save_thread(thread("thr_1"), ANN)
        yield storage


async def with_pragma(storage: SqlStorage, pragma: str) -> None:
    """Set `pragma` on every connection from now on."""

    def set_it(connection: Any, _: Any) -> None:
        connection.cursor().execute(f"PRAGMA {pragma}")

    await storage.database.engine.dispose()
    event.listen(storage.database.engine.sync_engine, "connect", set_it)


async def refused_start(path: Path) -> StoreUnavailableError:
    """Return the error of a storage at `path` at its start."""
    storage = unstarted(f"sqlite:///{path}")
    with pytest.raises(StoreUnavailableError) as caught:
        await storage.start()
    assert "check DATABASE_URL" in caught.value.detail
    await storage.aclose()
    return caught.value


async def test_a_place_where_no_file_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    assert "file/anyport.db" in (await refused_start(tmp_path / "file" / "anyport.db")).detail


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear database, " * 1000)
    assert "file is not a database" in (await refused_start(tmp_path / "letter.txt")).detail
    assert (tmp_path / "letter.txt").read_text().startswith("Dear database")


async def test_a_file_of_a_newer_version(tmp_path: Path, storage: SqlStorage) -> None:
    with sqlite3.connect(tmp_path / "faults.db") as other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
    other.close()
    with pytest.raises(SchemaError, match="newer version"):
        await storage.start()


async def test_a_disk_that_is_full(storage: SqlStorage) -> None:
    await with_pragma(storage, "max_page_count = 1")
    with pytest.raises(StoreUnavailableError) as caught:
        await storage.threads.save_item("thr_1", message("thr_1", 1, "x" * 100_000), ANN)
    assert caught.value.detail.startswith("SQLITE_FULL")
    assert (await storage.threads.load_thread_items("thr_1", None, 10, "asc", ANN)).data == []


async def test_a_file_that_another_process_holds(tmp_path: Path, storage: SqlStorage) -> None:
    await with_pragma(storage, "busy_timeout = 0")
    holder = sqlite3.connect(tmp_path / "faults.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailableError) as caught:
        await storage.threads.save_item("thr_1", message("thr_1", 1), ANN)
    assert caught.value.detail.startswith("SQLITE_BUSY")
    assert (await storage.threads.load_thread("thr_1", ANN)).id == "thr_1"
    holder.execute("COMMIT")
    holder.close()
    await storage.threads.save_item("thr_1", message("thr_1", 1), ANN)


async def test_what_a_connection_is_set_to(storage: SqlStorage) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1, "busy_timeout": 5000}
    async with storage.database.engine.connect() as connection:
        found = {name: (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar() for name in wanted}
    assert found == wanted
