"""Statements that are compiled once and then handed to the driver as they are.

SQLAlchemy writes them and keeps the connections; that it also carries each row costs more than the database does.
"""

import asyncio
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Dialect, Executable

Parameters = Mapping[str, Any]
Convert = Callable[[Any], Any] | None


class Answer(msgspec.Struct, frozen=True):
    """What a statement found, and how many rows it touched or found."""

    rows: Sequence[Any]
    count: int


class Compiled:
    """A statement in the words of one driver: its text, and what its types make of values on their way in and out."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.text: str = compiled.string
        self._given: list[tuple[str, Any, Convert]] = []
        for name in compiled.positiontup:
            bind = compiled.binds[name]
            self._given.append((bind.key, bind.value, bind.type.dialect_impl(dialect).bind_processor(dialect)))
        columns = getattr(statement, "exported_columns", {})
        self.finds = bool(columns)
        row: Any = namedtuple("Row", [*columns.keys()], rename=True)  # type: ignore[misc]  # known when run
        self._row: Callable[[Iterable[Any]], Any] = row._make
        self._found: list[Convert] = [
            column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns.values()
        ]

    def arguments(self, values: Parameters) -> list[Any]:
        """The values in the order of their places in the text."""
        return [_converted(convert, values.get(name, default)) for name, default, convert in self._given]

    def rows(self, found: Iterable[Iterable[Any]]) -> Sequence[Any]:
        """The driver's rows, with names."""
        return [self._row(map(_converted, self._found, row)) for row in found]


def _converted(convert: Convert, value: Any) -> Any:
    return value if convert is None else convert(value)


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
