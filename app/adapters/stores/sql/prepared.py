"""Statements that are compiled once and then handed to the driver as they are.

SQLAlchemy writes them and keeps the connections; that it also carries each row costs more than the database does.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Dialect, Executable

from app.patches.compiled_statements import Compiled

Parameters = Mapping[str, Any]


class Answer(msgspec.Struct, frozen=True):
    """What a statement found, and how many rows it touched or found."""

    rows: Sequence[Any]
    count: int


class Prepared:
    """A statement without lists of values, compiled when it is first run."""

    def __init__(self, statement: Executable) -> None:
        self.statement = statement
        self._compiled: dict[str, Compiled] = {}

    @property
    def reads(self) -> bool:
        """Whether it only reads."""
        return self.statement.is_select

    async def compiled(self, dialect: Dialect) -> Compiled:
        """In the words of this database's driver."""
        if (known := self._compiled.get(dialect.name)) is None:
            # In a thread: up to 5 ms, and a first turn runs a dozen. Two who ask at once compile the same.
            known = self._compiled[dialect.name] = await asyncio.to_thread(Compiled, self.statement, dialect)
        return known


Step = tuple[Prepared, Parameters]


async def compiled(steps: Sequence[Step], dialect: Dialect) -> Sequence[tuple[Compiled, Parameters]]:
    """Each step in the words of one driver."""
    return [(await statement.compiled(dialect), parameters) for statement, parameters in steps]
