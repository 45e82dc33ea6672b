"""Single-hop SQLite connections: a statement goes to the connection's thread once.

aiosqlite goes there four times, to open a cursor, execute, fetch and close, and each way there and back wakes a thread
and the event loop. SQLAlchemy keeps all rows in memory anyway. Uses the private members `_execute`, `_conn` and
`_thread` of `aiosqlite.Connection`; where they differ, the database uses aiosqlite's own connections.
"""

import inspect
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Thread
from typing import Any

import aiosqlite

from app.patches.register import SINGLE_HOP_SQLITE

Statement = tuple[str, Sequence[Any]]
"""A statement and its parameters."""

Result = tuple[Sequence[Any], int]
"""The rows of a statement, and the number of rows that it changed."""

# Without IMMEDIATE, two transactions that read first and then write fail at once, whatever the busy timeout.
_BEGIN = "BEGIN IMMEDIATE"


class Rows:
    """A cursor for SQLAlchemy, with all rows in memory once `execute` returns."""

    def __init__(self, connection: "SingleHopConnection") -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def execute(self, sql: str, parameters: Iterable[Any] = ()) -> "Rows":
        """Run a statement and fetch all of its rows."""
        await self._connection.hop(self._run, sql, parameters)
        return self

    async def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> "Rows":
        """Run a statement once for each of `parameters`."""
        await self._connection.hop(self._run_many, sql, parameters)
        return self

    async def fetchall(self) -> Sequence[Any]:
        """The rows."""
        return self._rows

    async def close(self) -> None:
        """Do nothing: no cursor is open."""

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
    """A connection for SQLAlchemy, with quicker cursors; everything else is aiosqlite's."""

    async def hop(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Call `work` with the connection, in its thread."""
        return await self._execute(work, self._conn, *arguments)  # type: ignore[no-untyped-call]

    async def cursor(self) -> Any:  # type: ignore[override]  # aiosqlite's can be entered as well, SQLAlchemy only waits
        """A cursor for one result."""
        return Rows(self)

    async def rollback(self) -> None:
        """Undo an open transaction, if there is one: SQLAlchemy calls this when a connection returns to its pool."""
        if self.in_transaction:
            await super().rollback()


async def run_steps(connection: aiosqlite.Connection, steps: Sequence[Statement]) -> Sequence[Result]:
    """Run statements, several of them all or none; in one hop on a single-hop connection."""
    if isinstance(connection, SingleHopConnection):
        found: Sequence[Result] = await connection.hop(_run_all, steps)
        return found
    if len(steps) == 1:
        return [await _run_one(connection, *steps[0])]
    await connection.execute(_BEGIN)
    try:
        answers = [await _run_one(connection, *step) for step in steps]
        await connection.execute("COMMIT")
    except BaseException:
        await connection.rollback()
        raise
    return answers


async def _run_one(connection: aiosqlite.Connection, sql: str, parameters: Sequence[Any]) -> Result:
    async with connection.execute(sql, parameters) as cursor:
        return [*await cursor.fetchall()], cursor.rowcount


def _run_all(connection: sqlite3.Connection, steps: Sequence[Statement]) -> Sequence[Result]:
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


def _run(connection: sqlite3.Connection, sql: str, parameters: Sequence[Any]) -> Result:
    cursor = connection.execute(sql, parameters)
    rows = cursor.fetchall()
    count = cursor.rowcount
    cursor.close()
    return rows, count


def fits() -> bool:
    """True when a connection has the private members that are used here. Opens nothing."""
    unopened = SingleHopConnection(_no_database, iter_chunk_size=64)
    thread: object = getattr(unopened, "_thread", None)
    return (
        [*inspect.signature(aiosqlite.Connection._execute).parameters][:2] == ["self", "fn"]  # noqa: SLF001
        and isinstance(inspect.getattr_static(aiosqlite.Connection, "_conn"), property)
        and isinstance(thread, Thread)
        and not thread.is_alive()
    )


def _no_database() -> sqlite3.Connection:
    raise sqlite3.ProgrammingError("this connection is never opened")


def connect_arguments() -> Mapping[str, Any]:
    """Arguments for SQLAlchemy to open such connections; none where the patch is off or does not fit."""
    return {"async_creator_fn": single_hop} if SINGLE_HOP_SQLITE.is_applied() else {}


def single_hop(database: str, **arguments: Any) -> aiosqlite.Connection:
    """A connection that is opened when it is awaited, and does not keep the process alive."""
    opened = SingleHopConnection(lambda: sqlite3.connect(database, **arguments), iter_chunk_size=64)
    opened._thread.daemon = True  # noqa: SLF001  # as SQLAlchemy does
    return opened
