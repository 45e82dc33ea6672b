"""Database engine with its units of work: one statement, or one short transaction."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from typing import Any, ClassVar

from sqlalchemy import CursorResult, Executable, Table
from sqlalchemy.exc import MultipleResultsFound
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.util import greenlet_spawn

from app.adapters.stores.sql.failures import constraint_errors, unavailable
from app.adapters.stores.sql.prepared import Answer, Parameters, Prepared, Step, run_step
from app.domain.errors import StoreUnavailableError


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
