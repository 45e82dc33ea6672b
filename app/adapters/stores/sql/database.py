"""Database engines with their units of work: one statement, or one short transaction."""

import asyncio
import ssl
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import URL, CursorResult, Executable, Table, bindparam, event, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DisconnectionError, MultipleResultsFound, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.util import greenlet_spawn

from app.adapters.stores.sql.asyncpg_connect import connect
from app.adapters.stores.sql.failures import constraint_errors, is_busy, unavailable
from app.adapters.stores.sql.prepared import Answer, Parameters, Prepared, Step, compiled, run_step
from app.adapters.stores.sql.types import AnyText
from app.adapters.stores.url import PostgresTarget, SqliteTarget
from app.domain.errors import SchemaError, StoreUnavailableError
from app.domain.language import _
from app.patches.compiled_statements import Compiled
from app.patches.register import COMPILED_STATEMENTS
from app.patches.single_hop_sqlite import connect_arguments as single_hop_arguments
from app.patches.single_hop_sqlite import run_steps
from app.startup.private_files import tighten

# An arbitrary number that no other program uses on the same database: "anyport" in ASCII.
_MIGRATION_LOCK = int.from_bytes(b"anyport", "big")

# The lock ends with the transaction. Two names with the same hash only wait for each other.
_ALONE = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name", type_=AnyText), text("0"))))

IDLE_SECONDS = 30.0
"""Seconds of idleness after which a connection is pinged before it is used."""

BUSY_SECONDS = 5.0
"""Seconds that a process waits for another one that writes to the same SQLite file."""

STATEMENT_SECONDS = 30.0
"""Timeout of a statement; the slowest of ours, deleting a thread of 100,000 items, takes one second."""


class Database(ABC):
    """One engine; every method raises `StoreUnavailableError` while the database is unavailable.

    A single statement costs one round trip. No connection is held between calls.
    """

    name: ClassVar[str]
    engine: AsyncEngine
    _is_compiling: bool
    failure: str = ""
    """Detail of the last `StoreUnavailableError`; empty after a new write probe."""

    @property
    def missing(self) -> bool:
        """True while the database does not exist and connecting would create it."""
        return False

    @abstractmethod
    def insert(self, table: Table) -> Any:
        """An INSERT of this dialect, which supports ON CONFLICT."""

    @abstractmethod
    def transaction(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction of several statements, all or none; keep it short, because on SQLite other writers wait."""

    @abstractmethod
    def exclusive(self, name: str) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction that excludes all others of the same `name`, in every process."""

    @abstractmethod
    def migration(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction for a schema change; another process that wants one waits until it ends."""

    async def settle(self) -> None:
        """Apply settings of the database itself, not of a connection, before its first use. Idempotent."""
        return

    async def scrub(self, *, thorough: bool) -> None:
        """See `Storage.scrub`. PostgreSQL does nothing here: its autovacuum frees deleted rows."""
        return

    @abstractmethod
    def _writing(self) -> AbstractAsyncContextManager[Any]:
        """The lock that is held during a write."""

    async def run(self, *steps: Step) -> Sequence[Answer]:
        """Run prepared statements, all or none: any number in one hop to SQLite, one a round trip to PostgreSQL."""
        return await (self._run_compiled(steps) if self._is_compiling else self._run_by_sqlalchemy(steps))

    @abstractmethod
    async def _run_compiled(self, steps: Sequence[Step]) -> Sequence[Answer]:
        """Run the compiled text of the statements on the driver."""

    async def _run_by_sqlalchemy(self, steps: Sequence[Step]) -> Sequence[Answer]:
        """Run the statements as SQLAlchemy does, where they cannot be compiled here."""
        with self._recording_failure():
            async with self.transaction() if len(steps) > 1 else self._single(*steps) as connection:
                return [await run_step(connection, *step) for step in steps]

    @asynccontextmanager
    async def _single(self, step: Step) -> AsyncIterator[AsyncConnection]:
        """A connection for one statement that commits by itself."""
        async with nullcontext() if step[0].reads else self._writing(), self.engine.connect() as connection:
            yield connection

    async def rows(self, statement: Executable | Prepared, parameters: Parameters) -> Sequence[Any]:
        """The rows of a query."""
        if isinstance(statement, Prepared):
            [answer] = await self.run((statement, parameters))
            return answer.rows
        with self._recording_failure():
            async with self.engine.connect() as connection:
                return (await connection.execute(statement, parameters)).all()

    async def row(self, statement: Executable | Prepared, parameters: Parameters) -> Any | None:
        """The only row of a query, or None. Raises `MultipleResultsFound`."""
        found = await self.rows(statement, parameters)
        if len(found) > 1:
            raise MultipleResultsFound
        return found[0] if found else None

    async def write(self, statement: Executable | Prepared, parameters: Parameters) -> int:
        """Run one statement with autocommit; returns the number of affected rows."""
        if isinstance(statement, Prepared):
            [answer] = await self.run((statement, parameters))
            return answer.count
        with self._recording_failure():
            async with self._writing(), self.engine.connect() as connection:
                result: CursorResult[Any] = await connection.execute(statement, parameters)
                return result.rowcount

    @asynccontextmanager
    async def _driver(self) -> AsyncIterator[Any]:
        """A raw connection of the driver, for one unit of work."""
        with self._recording_failure(), constraint_errors():
            pooled = await self.engine.raw_connection()
            try:
                yield pooled.driver_connection
            except asyncio.CancelledError:
                # The statement may still run, and a pooler may refuse to cancel it.
                await greenlet_spawn(pooled.invalidate)
                raise
            finally:
                await greenlet_spawn(pooled.close)

    @contextmanager
    def _recording_failure(self) -> Iterator[None]:
        """Record the detail of a `StoreUnavailableError` in `failure`."""
        try:
            with unavailable():
                yield
        except StoreUnavailableError as error:
            self.failure = error.detail
            raise

    async def aclose(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


class PostgresDatabase(Database):
    """A PostgreSQL server, directly or behind a pooler."""

    name = "postgresql"

    def __init__(self, target: PostgresTarget, *, pool_size: int, statement_seconds: float | None) -> None:
        self._is_compiling = COMPILED_STATEMENTS.is_applied()
        self.engine = create_async_engine(
            # The engine does not know address and password here, so it cannot show them.
            "postgresql+asyncpg://",
            connect_args={**connect_arguments(target, statement_seconds), "async_creator_fn": connect},
            isolation_level="AUTOCOMMIT",
            pool_size=pool_size,
            max_overflow=0,
            pool_use_lifo=True,
            hide_parameters=True,
        )
        self._transactions = self.engine.execution_options(isolation_level="READ COMMITTED")
        event.listen(self.engine.sync_engine, "checkin", _record_idle_since)
        event.listen(self.engine.sync_engine, "checkout", _check_connection)

    def insert(self, table: Table) -> postgresql.Insert:
        return postgresql.insert(table).inline()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        with self._recording_failure():
            async with self._transactions.begin() as connection:
                yield connection

    @asynccontextmanager
    async def exclusive(self, name: str) -> AsyncIterator[AsyncConnection]:
        async with self.transaction() as connection:
            await connection.execute(_ALONE, {"name": name})
            yield connection

    @asynccontextmanager
    async def migration(self) -> AsyncIterator[AsyncConnection]:
        async with self.transaction() as connection:
            # A lock of the transaction, not of the session, works behind a pooler too.
            await connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            yield connection

    async def _run_compiled(self, steps: Sequence[Step]) -> Sequence[Answer]:
        compiled_steps = await compiled(steps, self.engine.dialect)
        async with self._driver() as driver:
            if len(compiled_steps) == 1:
                return [await self._execute(driver, *compiled_steps[0])]
            async with driver.transaction():
                return [await self._execute(driver, *step) for step in compiled_steps]

    async def _execute(self, driver: Any, statement: Compiled, parameters: Parameters) -> Answer:
        try:
            if statement.returns_rows:
                rows = statement.rows(await driver.fetch(statement.text, *statement.arguments(parameters)))
                return Answer(rows, len(rows))
            status: str = await driver.execute(statement.text, *statement.arguments(parameters))
        except Exception as error:
            if driver.is_closed():
                raise ConnectionResetError(str(error)) from error
            raise
        return Answer((), int(status.rpartition(" ")[2]))

    def _writing(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()


class SqliteDatabase(Database):
    """A SQLite file, used by this process alone or by several on one machine."""

    name = "sqlite"

    def __init__(self, target: SqliteTarget) -> None:
        self._path = Path(target.path)
        self._lock = asyncio.Lock()
        self._is_compiling = COMPILED_STATEMENTS.is_applied()
        self.engine = create_async_engine(
            URL.create("sqlite+aiosqlite", database=target.path),
            isolation_level="AUTOCOMMIT",
            pool_size=5,
            max_overflow=0,
            hide_parameters=True,
            connect_args=dict(single_hop_arguments()),
        )
        event.listen(self.engine.sync_engine, "connect", _configure_sqlite)

    @property
    def missing(self) -> bool:
        return not self._path.exists()

    @property
    def files(self) -> Sequence[Path]:
        """The database file and the files that SQLite creates beside it."""
        return [self._path.with_name(self._path.name + suffix) for suffix in ("", "-wal", "-shm", "-journal")]

    def insert(self, table: Table) -> sqlite.Insert:
        return sqlite.insert(table).inline()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        with self._recording_failure():
            async with self._writing(), self.engine.connect() as connection:
                # Without IMMEDIATE two transactions that read and then write fail at once, despite the busy timeout.
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
                await connection.exec_driver_sql("COMMIT")

    def exclusive(self, name: str) -> AbstractAsyncContextManager[AsyncConnection]:
        return self.transaction()  # SQLite allows one writer at a time.

    @asynccontextmanager
    async def migration(self) -> AsyncIterator[AsyncConnection]:
        with self._recording_failure():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            async with self._writing(), self.engine.connect() as connection:
                try:
                    # Rebuilding a table drops the old one, and a foreign key would delete the rows that refer to it.
                    for statement in ("PRAGMA busy_timeout = 60000", "PRAGMA foreign_keys = OFF", "BEGIN IMMEDIATE"):
                        await connection.exec_driver_sql(statement)
                    yield connection
                    if (await connection.exec_driver_sql("PRAGMA foreign_key_check")).first():
                        raise SchemaError("The migration would leave rows with a broken reference. It was rolled back.")
                    await connection.exec_driver_sql("COMMIT")
                finally:
                    # A pragma stays with its connection, so the connection must not return to the pool.
                    await connection.invalidate()

    async def settle(self) -> None:
        deadline = time.monotonic() + BUSY_SECONDS
        with self._recording_failure():
            async with self.engine.connect() as connection:
                while True:
                    try:
                        await connection.exec_driver_sql("PRAGMA journal_mode = WAL")
                    except OperationalError as error:
                        # SQLite does not wait for this lock; another starting process may hold it briefly.
                        if not is_busy(error) or time.monotonic() > deadline:
                            raise
                        await asyncio.sleep(0.02)
                    else:
                        break
        # The journal's files exist now; files of an earlier version may be readable for other users.
        await asyncio.to_thread(tighten, self.files)

    async def scrub(self, *, thorough: bool) -> None:
        """Empty the write-ahead log, which contains old pages. `secure_delete` overwrites freed space in the file; only
        VACUUM (`thorough`) removes rests of earlier versions and copies in split pages."""
        with unavailable():
            async with self._writing(), self.engine.connect() as connection:
                if thorough:
                    await connection.exec_driver_sql("VACUUM")
                row = (await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")).one()
        if row[0]:
            raise StoreUnavailableError(
                _("The database is in use. Please try again."),
                detail="another process reads, or writes, the SQLite file",
            )

    async def _run_compiled(self, steps: Sequence[Step]) -> Sequence[Answer]:
        compiled_steps = await compiled(steps, self.engine.dialect)
        reads = all(statement.reads for statement, _ in steps)
        async with nullcontext() if reads else self._writing(), self._driver() as driver:
            texts = [(statement.text, statement.arguments(given)) for statement, given in compiled_steps]
            found = await run_steps(driver, texts)
        return [
            Answer(statement.rows(rows), len(rows) if statement.returns_rows else count)
            for (statement, _), (rows, count) in zip(compiled_steps, found, strict=True)
        ]

    def _writing(self) -> AbstractAsyncContextManager[None]:
        # Waiting for this lock is faster and fairer than SQLite's busy handler.
        return self._lock


def open_database(
    target: SqliteTarget | PostgresTarget, *, pool_size: int, statement_seconds: float | None = STATEMENT_SECONDS
) -> Database:
    """Build the database for `target`; opens no connection."""
    if isinstance(target, SqliteTarget):
        return SqliteDatabase(target)
    return PostgresDatabase(target, pool_size=pool_size, statement_seconds=statement_seconds)


def connect_arguments(target: PostgresTarget, statement_seconds: float | None) -> dict[str, Any]:
    """Arguments of asyncpg for `target`."""
    arguments: dict[str, Any] = {
        "dsn": target.dsn.reveal(),
        "timeout": target.connect_timeout,
        "command_timeout": statement_seconds,
    }
    if target.system_roots:
        arguments["ssl"] = ssl.create_default_context()
    if target.pooled:
        # The unnamed statement: asyncpg prepares and runs it without a Sync in between, so a pooler keeps the server
        # connection, and clients of the pooler cannot collide on a name.
        arguments |= {
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: "",
        }
    return arguments


def _record_idle_since(_: Any, record: Any) -> None:
    record.info["idle_since"] = time.monotonic()


def _check_connection(connection: Any, record: Any, _: Any) -> None:
    """Replace a connection that the server has closed; a ping each time would double the round trips."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError
    if time.monotonic() - record.info.get("idle_since", time.monotonic()) > IDLE_SECONDS:
        try:
            connection.ping()
        except (connection.dbapi.Error, OSError) as error:
            raise DisconnectionError from error


def _configure_sqlite(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {BUSY_SECONDS * 1000:.0f}",
        "synchronous = NORMAL",
        "foreign_keys = ON",
        "secure_delete = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
