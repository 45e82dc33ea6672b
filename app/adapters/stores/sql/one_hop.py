"""SQLite connections that go to their thread once for a statement.

aiosqlite goes there four times, to open a cursor, execute, fetch and close, and each way there and back wakes a thread
and the event loop. SQLAlchemy keeps all rows in memory anyway. Leans on private members of aiosqlite 0.22,
`Connection._execute` and `Connection._thread`; where they are not as known, the database uses aiosqlite's own.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import aiosqlite


class Rows:
    """What aiosqlite's cursor is to SQLAlchemy: everything is known once `execute` returns."""

    def __init__(self, connection: "OneHop") -> None:
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


class OneHop(aiosqlite.Connection):
    """A connection for SQLAlchemy; only what it uses is quicker, all else is aiosqlite's."""

    async def hop(self, work: Callable[..., None], *arguments: Any) -> None:
        """Run `work` on the connection, in its thread."""
        await self._execute(work, self._conn, *arguments)  # type: ignore[no-untyped-call]

    async def cursor(self) -> Any:  # type: ignore[override]  # aiosqlite's can be entered as well, SQLAlchemy only waits
        """A place for one result."""
        return Rows(self)

    async def rollback(self) -> None:
        """Undo an open transaction. SQLAlchemy asks for it whenever a connection comes back, nearly always in vain."""
        if self.in_transaction:
            await super().rollback()


def knows_aiosqlite() -> bool:
    """Whether aiosqlite is as this file needs it."""
    return hasattr(aiosqlite.Connection, "_execute") and hasattr(aiosqlite.Connection, "_conn")


def one_hop(database: str, **arguments: Any) -> aiosqlite.Connection:
    """A connection that is opened when it is awaited, and does not keep the process alive."""
    opened = OneHop(lambda: sqlite3.connect(database, **arguments), iter_chunk_size=64)
    opened._thread.daemon = True  # noqa: SLF001  # as SQLAlchemy does
    return opened
