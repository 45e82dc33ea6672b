"""Prepared statements: compiled once, and run by the driver without SQLAlchemy.

SQLAlchemy writes them and pools the connections; its own execution of each row costs more than the database does. It
runs them where the patch `compiled_statements` is off or does not fit.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import CursorResult, Dialect, Executable
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.visitors import cloned_traverse

from app.patches.compiled_statements import Compiled

Parameters = Mapping[str, Any]

_PREFIX: Final = "value_of_"


class Answer(msgspec.Struct, frozen=True):
    """Result of a statement: its rows, and the number of rows found or affected."""

    rows: Sequence[Any]
    count: int


class Prepared:
    """A statement without expanding parameters, compiled at its first run."""

    def __init__(self, statement: Executable) -> None:
        self.statement = statement
        self._compiled: dict[str, Compiled] = {}
        self._executable: _Executable | None = None

    @property
    def reads(self) -> bool:
        """True when the statement writes nothing."""
        return self.statement.is_select

    @property
    def executable(self) -> "_Executable":
        """The statement for SQLAlchemy's own execution, made by the first use."""
        if self._executable is None:
            self._executable = _Executable(self.statement)
        return self._executable

    async def compiled(self, dialect: Dialect) -> Compiled:
        """The statement compiled for one driver."""
        if (known := self._compiled.get(dialect.name)) is None:
            # In a thread: up to 5 ms, and a first turn runs a dozen. Two concurrent callers compile the same.
            known = self._compiled[dialect.name] = await asyncio.to_thread(Compiled, self.statement, dialect)
        return known


class _Executable:
    """A statement whose parameters have other names than columns, which SQLAlchemy requires in INSERT and UPDATE."""

    def __init__(self, statement: Any) -> None:
        self._defaults: dict[str, Any] = {}
        self.statement: Any = cloned_traverse(statement, {}, {"bindparam": self._rename})

    def parameters(self, values: Parameters) -> Parameters:
        """Parameters by their other names; one that `values` lacks has its default."""
        return {_PREFIX + name: values.get(name, default) for name, default in self._defaults.items()}

    def _rename(self, bind: Any) -> None:
        if not bind.unique:  # The values that are written into a statement have names of their own.
            self._defaults[bind.key] = bind.value
            bind.key = _PREFIX + bind.key
            bind.required = False


Step = tuple[Prepared, Parameters]


async def compiled(steps: Sequence[Step], dialect: Dialect) -> Sequence[tuple[Compiled, Parameters]]:
    """Each step, compiled for one driver."""
    return [(await statement.compiled(dialect), parameters) for statement, parameters in steps]


async def run_step(connection: AsyncConnection, prepared: Prepared, parameters: Parameters) -> Answer:
    """Run one step as SQLAlchemy does."""
    executable = prepared.executable
    result: CursorResult[Any] = await connection.execute(executable.statement, executable.parameters(parameters))
    if not result.returns_rows:
        return Answer((), result.rowcount)
    rows = result.all()
    return Answer(rows, len(rows))
