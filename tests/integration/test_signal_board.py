"""The table that replicas behind a pooler look at."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from app.adapters.stores.sql import signal_board
from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.open_database import open_database
from app.adapters.stores.sql.signal_board import SignalBoard
from app.adapters.stores.url import MemoryTarget, parse_database_url
from app.environment import Secret
from tests.postgres import Databases
from tests.sql import storage_at

_OLD = text("INSERT INTO posted_signals (sender, sent_at, signal) VALUES ('gone', now() - interval '2 minutes', 'x')")
_COUNT = text("SELECT count(*) AS many FROM posted_signals")


@pytest.fixture
async def database(databases: Databases) -> AsyncIterator[Database]:
    """A database with its tables."""
    async with databases.fresh() as url:
        async with storage_at(url, pool_size=1):
            target = parse_database_url(Secret(url))
        assert not isinstance(target, MemoryTarget)
        database = open_database(target, pool_size=2)
        yield database
        await database.aclose()


async def test_a_polling_replica_deletes_the_signals_that_all_have_read(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal_board, "CLEAN_SECONDS", 0)
    board, other = SignalBoard(database), SignalBoard(database)
    await board.poll()
    await database.write(_OLD, {})
    await other.post(["new"])
    assert await board.poll() == ["new"]
    left = await database.row(_COUNT, {})
    assert left is not None
    assert left.many == 1
