"""Single-hop SQLite connections and compiled statements, and the libraries' own ways in their place."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import Column, Dialect, Integer, MetaData, Table, Text, bindparam, insert, select, text
from sqlalchemy.exc import IntegrityError

from app.adapters.stores.sql.prepared import Prepared
from app.adapters.stores.sql.sqlite_database import SqliteDatabase
from app.adapters.stores.url import SqliteTarget
from app.patches import compiled_statements, register, single_hop_sqlite
from app.patches.single_hop_sqlite import SingleHopConnection
from app.patches.switch import VARIABLE

pytestmark = pytest.mark.usefixtures("patches_on")

TABLE = Table("t", MetaData(), Column("a", Integer), Column("b", Text))
ADD = Prepared(insert(TABLE).values(a=bindparam("a"), b=bindparam("b")).inline())
FIND = Prepared(select(TABLE).where(TABLE.c.a >= bindparam("least")).order_by(TABLE.c.a))


def no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """aiosqlite before 0.22, where a connection is a thread and holds none."""

    class Connection(aiosqlite.Connection):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            del self._thread

        def __del__(self) -> None:
            """Close nothing: it was never opened."""

    monkeypatch.setattr(single_hop_sqlite, "SingleHopConnection", Connection)


def no_execute(monkeypatch: pytest.MonkeyPatch) -> None:
    """An aiosqlite that runs statements in another way."""
    monkeypatch.setattr(aiosqlite.Connection, "_execute", aiosqlite.Connection.execute)


class Changed:
    """A statement as a SQLAlchemy of another shape compiles it."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        self.places = statement.compile(dialect=dialect).places


def no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """A SQLAlchemy whose compiled statements have other attributes."""
    monkeypatch.setattr(compiled_statements, "Compiled", Changed)


def off(monkeypatch: pytest.MonkeyPatch) -> None:
    """The switch."""
    monkeypatch.setenv(VARIABLE, "off")


def test_a_library_of_another_shape_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    for spoil, patch in (
        (no_thread, register.SINGLE_HOP_SQLITE),
        (no_execute, register.SINGLE_HOP_SQLITE),
        (no_text, register.COMPILED_STATEMENTS),
    ):
        with monkeypatch.context() as spoilt:
            assert patch.is_applied()
            spoil(spoilt)
            assert patch.state() == "does not fit"


@pytest.mark.parametrize("shape", [None, off, no_thread, no_text])
async def test_rows_counts_and_failures_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: Callable[[pytest.MonkeyPatch], None] | None
) -> None:
    if shape is not None:
        shape(monkeypatch)
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
