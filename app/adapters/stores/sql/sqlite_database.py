"""SQLite engine: one file, one writer at a time."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Table, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.failures import is_busy, unavailable
from app.adapters.stores.sql.prepared import Answer, Step, compiled
from app.adapters.stores.url import SqliteTarget
from app.domain.errors import SchemaError, StoreUnavailableError
from app.domain.language import _
from app.patches.register import COMPILED_STATEMENTS
from app.patches.single_hop_sqlite import connect_arguments as single_hop_arguments
from app.patches.single_hop_sqlite import run_steps
from app.startup.private_files import tighten

BUSY_SECONDS: Final = 5.0
"""Seconds that a process waits for another one that writes to the same SQLite file."""


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
