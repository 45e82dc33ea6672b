"""An engine, and units of work on it: one statement, or one short transaction."""

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
from app.adapters.stores.sql.failures import as_refusal, is_busy, unavailable
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

# Any number will do that no other program uses on the same database: "anyport" in ASCII.
_MIGRATION_LOCK = int.from_bytes(b"anyport", "big")

# Of the transaction, as the other lock; that two names may share a number costs them a moment.
_ALONE = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name", type_=AnyText), text("0"))))

IDLE_SECONDS = 30.0
"""A connection that was idle for longer is asked whether it still works before it is used."""

BUSY_SECONDS = 5.0
"""How long one process waits for another that writes to the same SQLite file."""

STATEMENT_SECONDS = 30.0
"""A statement that takes longer is given up; the longest of ours, deleting a thread of 100,000 items, takes one."""


class Database(ABC):
    """One engine; every method raises `StoreUnavailableError` while the database cannot do its work.

    A statement of its own costs one round trip. No connection is held between calls.
    """

    name: ClassVar[str]
    engine: AsyncEngine
    _is_compiling: bool
    failure: str = ""
    """Why the database could not do its work the last time that it could not; empty once a write was tried anew."""

    @property
    def missing(self) -> bool:
        """True while there is nothing to connect to, and connecting would create it."""
        return False

    @abstractmethod
    def insert(self, table: Table) -> Any:
        """An INSERT that knows ON CONFLICT."""

    @abstractmethod
    def transaction(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Several statements, all or none; keep it short, for on SQLite others wait."""

    @abstractmethod
    def alone(self, name: str) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction beside which no other of the same `name` runs, in any process."""

    @abstractmethod
    def migration(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction to change the schema in; whoever else wants one, in any process, waits for its end."""

    async def settle(self) -> None:
        """Set what is the database's own and not a connection's, before it is used; safe to repeat."""
        return

    async def scrub(self, *, thorough: bool) -> None:
        """See `Storage.scrub`. A server's files are its own: PostgreSQL's autovacuum frees what was deleted."""
        return

    @abstractmethod
    def _writing(self) -> AbstractAsyncContextManager[Any]:
        """Held while something is written."""

    async def run(self, *steps: Step) -> Sequence[Answer]:
        """Run prepared statements, all or none: any number in one hop to SQLite, one a round trip to PostgreSQL."""
        return await (self._run_compiled(steps) if self._is_compiling else self._run_by_sqlalchemy(steps))

    @abstractmethod
    async def _run_compiled(self, steps: Sequence[Step]) -> Sequence[Answer]:
        """Run the compiled text of the statements on the driver."""

    async def _run_by_sqlalchemy(self, steps: Sequence[Step]) -> Sequence[Answer]:
        """Run the statements as SQLAlchemy does, where they cannot be compiled here."""
        with self._able():
            async with self.transaction() if len(steps) > 1 else self._single(*steps) as connection:
                return [await run_step(connection, *step) for step in steps]

    @asynccontextmanager
    async def _single(self, step: Step) -> AsyncIterator[AsyncConnection]:
        """A connection for one statement that commits by itself."""
        async with nullcontext() if step[0].reads else self._writing(), self.engine.connect() as connection:
            yield connection

    async def rows(self, statement: Executable | Prepared, parameters: Parameters) -> Sequence[Any]:
        """What a query finds."""
        if isinstance(statement, Prepared):
            [answer] = await self.run((statement, parameters))
            return answer.rows
        with self._able():
            async with self.engine.connect() as connection:
                return (await connection.execute(statement, parameters)).all()

    async def row(self, statement: Executable | Prepared, parameters: Parameters) -> Any | None:
        """The only row that a query finds."""
        found = await self.rows(statement, parameters)
        if len(found) > 1:
            raise MultipleResultsFound
        return found[0] if found else None

    async def write(self, statement: Executable | Prepared, parameters: Parameters) -> int:
        """Run one statement that commits by itself; returns how many rows it touched."""
        if isinstance(statement, Prepared):
            [answer] = await self.run((statement, parameters))
            return answer.count
        with self._able():
            async with self._writing(), self.engine.connect() as connection:
                result: CursorResult[Any] = await connection.execute(statement, parameters)
                return result.rowcount

    @asynccontextmanager
    async def _driver(self) -> AsyncIterator[Any]:
        """A connection as the driver has it, for no more than one unit of work."""
        with self._able(), as_refusal():
            pooled = await self.engine.raw_connection()
            try:
                yield pooled.driver_connection
            except asyncio.CancelledError:
                # What was asked may still be running, and a pooler need not let it be stopped.
                await greenlet_spawn(pooled.invalidate)
                raise
            finally:
                await greenlet_spawn(pooled.close)

    @contextmanager
    def _able(self) -> Iterator[None]:
        """Around all that is asked of the database."""
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
            # Here the engine knows neither address nor password, so it cannot show them.
            "postgresql+asyncpg://",
            connect_args={**connect_arguments(target, statement_seconds), "async_creator_fn": connect},
            isolation_level="AUTOCOMMIT",
            pool_size=pool_size,
            max_overflow=0,
            pool_use_lifo=True,
            hide_parameters=True,
        )
        self._transactions = self.engine.execution_options(isolation_level="READ COMMITTED")
        event.listen(self.engine.sync_engine, "checkin", _note_idle)
        event.listen(self.engine.sync_engine, "checkout", _see_that_it_lives)

    def insert(self, table: Table) -> postgresql.Insert:
        return postgresql.insert(table).inline()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        with self._able():
            async with self._transactions.begin() as connection:
                yield connection

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[AsyncConnection]:
        async with self.transaction() as connection:
            await connection.execute(_ALONE, {"name": name})
            yield connection

    @asynccontextmanager
    async def migration(self) -> AsyncIterator[AsyncConnection]:
        async with self.transaction() as connection:
            # Of the transaction, not of the session, so that it holds and ends behind a pooler too.
            await connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            yield connection

    async def _run_compiled(self, steps: Sequence[Step]) -> Sequence[Answer]:
        asked = await compiled(steps, self.engine.dialect)
        async with self._driver() as driver:
            if len(asked) == 1:
                return [await self._ask(driver, *asked[0])]
            async with driver.transaction():
                return [await self._ask(driver, *step) for step in asked]

    async def _ask(self, driver: Any, statement: Compiled, parameters: Parameters) -> Answer:
        try:
            if statement.returns_rows:
                rows = statement.rows(await driver.fetch(statement.text, *statement.arguments(parameters)))
                return Answer(rows, len(rows))
            said: str = await driver.execute(statement.text, *statement.arguments(parameters))
        except Exception as error:
            if driver.is_closed():
                raise ConnectionResetError(str(error)) from error
            raise
        return Answer((), int(said.rpartition(" ")[2]))

    def _writing(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()


class SqliteDatabase(Database):
    """A SQLite file, in this process alone or shared with others on the same machine."""

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
        """The database's own files, those that SQLite makes beside it among them."""
        return [self._path.with_name(self._path.name + suffix) for suffix in ("", "-wal", "-shm", "-journal")]

    def insert(self, table: Table) -> sqlite.Insert:
        return sqlite.insert(table).inline()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        with self._able():
            async with self._writing(), self.engine.connect() as connection:
                # Without IMMEDIATE two that read first and then write fail at once, whatever the busy timeout.
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
                await connection.exec_driver_sql("COMMIT")

    def alone(self, name: str) -> AbstractAsyncContextManager[AsyncConnection]:
        return self.transaction()  # There is one writer at a time.

    @asynccontextmanager
    async def migration(self) -> AsyncIterator[AsyncConnection]:
        with self._able():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            async with self._writing(), self.engine.connect() as connection:
                try:
                    # Rebuilding a table deletes the old one, which would take along the rows that refer to it.
                    for statement in ("PRAGMA busy_timeout = 60000", "PRAGMA foreign_keys = OFF", "BEGIN IMMEDIATE"):
                        await connection.exec_driver_sql(statement)
                    yield connection
                    if (await connection.exec_driver_sql("PRAGMA foreign_key_check")).first():
                        raise SchemaError("The migration would leave rows behind that refer to nothing. It was undone.")
                    await connection.exec_driver_sql("COMMIT")
                finally:
                    # A pragma is its connection's for life.
                    await connection.invalidate()

    async def settle(self) -> None:
        deadline = time.monotonic() + BUSY_SECONDS
        with self._able():
            async with self.engine.connect() as connection:
                while True:
                    try:
                        await connection.exec_driver_sql("PRAGMA journal_mode = WAL")
                    except OperationalError as error:
                        # SQLite does not wait for this lock itself; whoever else starts now holds it for a moment.
                        if not is_busy(error) or time.monotonic() > deadline:
                            raise
                        await asyncio.sleep(0.02)
                    else:
                        break
        # Here, because the journal's files are there by now; a file of an earlier version may be open to others.
        await asyncio.to_thread(tighten, self.files)

    async def scrub(self, *, thorough: bool) -> None:
        """Empty the write-ahead log, which holds pages as they were. Room that is freed in the file is overwritten
        anyhow (`secure_delete`); only VACUUM removes what an earlier version left, and copies in pages that split."""
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
        asked = await compiled(steps, self.engine.dialect)
        reads = all(statement.reads for statement, _ in steps)
        async with nullcontext() if reads else self._writing(), self._driver() as driver:
            texts = [(statement.text, statement.arguments(given)) for statement, given in asked]
            found = await run_steps(driver, texts)
        return [
            Answer(statement.rows(rows), len(rows) if statement.returns_rows else count)
            for (statement, _), (rows, count) in zip(asked, found, strict=True)
        ]

    def _writing(self) -> AbstractAsyncContextManager[None]:
        # SQLite has one writer at a time; waiting here is quicker and fairer than in its busy handler.
        return self._lock


def open_database(
    target: SqliteTarget | PostgresTarget, *, pool_size: int, statement_seconds: float | None = STATEMENT_SECONDS
) -> Database:
    """The database at `target`; opens no connection yet."""
    if isinstance(target, SqliteTarget):
        return SqliteDatabase(target)
    return PostgresDatabase(target, pool_size=pool_size, statement_seconds=statement_seconds)


def connect_arguments(target: PostgresTarget, statement_seconds: float | None) -> dict[str, Any]:
    """What asyncpg is told to reach `target`."""
    arguments: dict[str, Any] = {
        "dsn": target.dsn.reveal(),
        "timeout": target.connect_timeout,
        "command_timeout": statement_seconds,
    }
    if target.system_roots:
        arguments["ssl"] = ssl.create_default_context()
    if target.pooled:
        # The unnamed statement: asyncpg prepares and runs it without a Sync between, so that a pooler does not change
        # the server meanwhile, and no two clients of the pooler can collide on its name.
        arguments |= {
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: "",
        }
    return arguments


def _note_idle(_: Any, record: Any) -> None:
    record.info["idle_since"] = time.monotonic()


def _see_that_it_lives(connection: Any, record: Any, _: Any) -> None:
    """Replace a connection that the server has closed; asking the server each time would double the round trips."""
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
