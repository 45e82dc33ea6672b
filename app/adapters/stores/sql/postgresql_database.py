"""PostgreSQL engine: asyncpg, directly or behind a pooler."""

import ssl
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any, Final

from sqlalchemy import Table, bindparam, event, func, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.adapters.stores.sql.asyncpg_connect import connect
from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.prepared import Answer, Parameters, Step, compiled
from app.adapters.stores.sql.types import AnyText
from app.adapters.stores.url import PostgresTarget
from app.patches.compiled_statements import Compiled
from app.patches.register import COMPILED_STATEMENTS

# An arbitrary number that no other program uses on the same database: "anyport" in ASCII.
_MIGRATION_LOCK: Final = int.from_bytes(b"anyport", "big")

# The lock ends with the transaction. Two names with the same hash only wait for each other.
_ALONE: Final = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name", type_=AnyText), text("0"))))

IDLE_SECONDS: Final = 30.0
"""Seconds of idleness after which a connection is pinged before it is used."""


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
