"""SQLite connections that go to their thread once, and what they need of aiosqlite."""

from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, bindparam, insert, select, text
from sqlalchemy.exc import IntegrityError

from app.adapters.stores.sql import database as databases
from app.adapters.stores.sql.database import SqliteDatabase
from app.adapters.stores.sql.prepared import Prepared
from app.adapters.stores.url import SqliteTarget
from app.patches.single_hop_sqlite import SingleHopConnection, knows_aiosqlite

TABLE = Table("t", MetaData(), Column("a", Integer), Column("b", Text))
ADD = Prepared(insert(TABLE).values(a=bindparam("a"), b=bindparam("b")).inline())
FIND = Prepared(select(TABLE).where(TABLE.c.a >= bindparam("least")).order_by(TABLE.c.a))


def test_aiosqlite_is_as_we_know_it() -> None:
    assert knows_aiosqlite(), "aiosqlite has changed: see app/patches/single_hop_sqlite.py"


@pytest.mark.parametrize("hops", [True, False], ids=["one hop", "aiosqlite's own"])
async def test_rows_counts_and_failures_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hops: bool
) -> None:
    monkeypatch.setattr(databases, "knows_aiosqlite", lambda: hops)
    database = SqliteDatabase(SqliteTarget(path=str(tmp_path / "x.db")))
    try:
        await database.write(text("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)"), {})
        assert await database.write(text("INSERT INTO t VALUES (:a, :b)"), {"a": 1, "b": "ä"}) == 1
        assert await database.write(text("UPDATE t SET b = 'x' WHERE a > 5"), {}) == 0
        assert [tuple(row) for row in await database.rows(text("SELECT * FROM t"), {})] == [(1, "ä")]
        assert await database.row(text("SELECT a FROM t WHERE a = 2"), {}) is None
        with pytest.raises(IntegrityError):
            await database.write(text("INSERT INTO t VALUES (1, '')"), {})
        with pytest.raises(ZeroDivisionError):
            await _half_a_transaction(database)
        async with database.transaction() as connection:
            await connection.execute(text("INSERT INTO t VALUES (:a, '')"), [{"a": 3}, {"a": 4}])
        assert [row.a for row in await database.rows(text("SELECT a FROM t ORDER BY a"), {})] == [1, 3, 4]
        with pytest.raises(IntegrityError):
            await database.run((ADD, {"a": 5, "b": "5"}), (ADD, {"a": 4, "b": "4"}))
        added, found = await database.run((ADD, {"a": 5, "b": "ö"}), (FIND, {"least": 4}))
        assert (added.count, [(row.a, row.b) for row in found.rows], found.count) == (1, [(4, ""), (5, "ö")], 2)
    finally:
        await database.aclose()


async def _half_a_transaction(database: SqliteDatabase) -> None:
    async with database.transaction() as connection:
        await connection.execute(text("INSERT INTO t VALUES (2, '')"))
        raise ZeroDivisionError


async def test_a_statement_goes_to_the_thread_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hops: list[Any] = []
    execute = aiosqlite.Connection._execute  # what is counted is its own business

    async def counted(self: SingleHopConnection, work: Any, *arguments: Any) -> Any:
        hops.append(work)
        return await execute(self, work, *arguments)  # type: ignore[no-untyped-call]

    database = SqliteDatabase(SqliteTarget(path=str(tmp_path / "x.db")))
    try:
        await database.rows(text("SELECT 1"), {})
        monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
        await database.rows(text("SELECT 1"), {})
        assert len(hops) == 1
    finally:
        monkeypatch.undo()
        await database.aclose()
