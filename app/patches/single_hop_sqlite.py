"""SQLite connections that go to their thread once for a statement.

aiosqlite goes there four times, to open a cursor, execute, fetch and close, and each way there and back wakes a thread
and the event loop. SQLAlchemy keeps all rows in memory anyway. Leans on private members of aiosqlite 0.22,
`Connection._execute` and `Connection._thread`; where they are not as known, the database uses aiosqlite's own.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import aiosqlite

Asked = tuple[str, Sequence[Any]]
"""A statement and its parameters."""

Found = tuple[Sequence[Any], int]
"""Its rows, and how many it touched."""

# Without IMMEDIATE two that read first and then write fail at once, whatever the busy timeout.
_BEGIN = "BEGIN IMMEDIATE"


class Rows:
    """What aiosqlite's cursor is to SQLAlchemy: everything is known once `execute` returns."""

    def __init__(self, connection: "SingleHopConnection") -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def execute(self, sql: str, parameters: Iterable[Any] = ()) -> "Rows":
        """Run a statement and fetch all that it finds."""
        await self._connection.hop(self._run, sql, parameters)
        return self

    async def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> "Rows":
        """Run it once for each of `parameters`."""
        await self._connection.hop(self._run_many, sql, parameters)
        return self

    async def fetchall(self) -> Sequence[Any]:
        """What was found."""
        return self._rows

    async def close(self) -> None:
        """Nothing is open."""

    def _run(self, connection: sqlite3.Connection, sql: str, parameters: Iterable[Any]) -> None:
        self._take(connection.execute(sql, tuple(parameters)))

    def _run_many(self, connection: sqlite3.Connection, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        self._take(connection.executemany(sql, parameters))

    def _take(self, cursor: sqlite3.Cursor) -> None:
        self.description, self.lastrowid = cursor.description, cursor.lastrowid
        self._rows = cursor.fetchall() if cursor.description else []
        self.rowcount = cursor.rowcount
        cursor.close()


class SingleHopConnection(aiosqlite.Connection):
    """A connection for SQLAlchemy; only what it uses is quicker, all else is aiosqlite's."""

    async def hop(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Run `work` on the connection, in its thread."""
        return await self._execute(work, self._conn, *arguments)  # type: ignore[no-untyped-call]

    async def cursor(self) -> Any:  # type: ignore[override]  # aiosqlite's can be entered as well, SQLAlchemy only waits
        """A place for one result."""
        return Rows(self)

    async def rollback(self) -> None:
        """Undo an open transaction. SQLAlchemy asks for it whenever a connection comes back, nearly always in vain."""
        if self.in_transaction:
            await super().rollback()


async def visit(connection: aiosqlite.Connection, steps: Sequence[Asked]) -> Sequence[Found]:
    """Run statements, several of them all or none: in one hop, on a connection that can."""
    if isinstance(connection, SingleHopConnection):
        found: Sequence[Found] = await connection.hop(_visit, steps)
        return found
    if len(steps) == 1:
        return [await _ask(connection, *steps[0])]
    await connection.execute(_BEGIN)
    try:
        answers = [await _ask(connection, *step) for step in steps]
        await connection.execute("COMMIT")
    except BaseException:
        await connection.rollback()
        raise
    return answers


async def _ask(connection: aiosqlite.Connection, sql: str, parameters: Sequence[Any]) -> Found:
    async with connection.execute(sql, parameters) as cursor:
        return [*await cursor.fetchall()], cursor.rowcount


def _visit(connection: sqlite3.Connection, steps: Sequence[Asked]) -> Sequence[Found]:
    if len(steps) == 1:
        return [_run(connection, *steps[0])]
    connection.execute(_BEGIN)
    try:
        found = [_run(connection, *step) for step in steps]
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise
    return found


def _run(connection: sqlite3.Connection, sql: str, parameters: Sequence[Any]) -> Found:
    cursor = connection.execute(sql, parameters)
    rows = cursor.fetchall()
    count = cursor.rowcount
    cursor.close()
    return rows, count


def knows_aiosqlite() -> bool:
    """Whether aiosqlite is as this file needs it."""
    return hasattr(aiosqlite.Connection, "_execute") and hasattr(aiosqlite.Connection, "_conn")


def single_hop(database: str, **arguments: Any) -> aiosqlite.Connection:
    """A connection that is opened when it is awaited, and does not keep the process alive."""
    opened = SingleHopConnection(lambda: sqlite3.connect(database, **arguments), iter_chunk_size=64)
    opened._thread.daemon = True  # noqa: SLF001  # as SQLAlchemy does
    return opened
