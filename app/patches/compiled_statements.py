"""Compiled statements: SQLAlchemy compiles a statement once, and the driver runs the text without SQLAlchemy.

SQLAlchemy's own execution of each row costs more than the database does. Uses private parts of a compiled statement of
SQLAlchemy 2.0: `positiontup`, `binds`, and the processors of its types for parameters and rows.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Boolean, Dialect, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

Parameters = Mapping[str, Any]
Convert = Callable[[Any], Any] | None


class Compiled:
    """A statement for one driver: its text, and the conversions of its types for parameters and rows."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.text: str = compiled.string
        self._binds: list[tuple[str, Any, Convert]] = []
        for name in compiled.positiontup:
            bind = compiled.binds[name]
            self._binds.append((bind.key, bind.value, bind.type.dialect_impl(dialect).bind_processor(dialect)))
        columns = getattr(statement, "exported_columns", {})
        self.returns_rows = bool(columns)
        row: Any = namedtuple("Row", [*columns.keys()], rename=True)  # type: ignore[misc]  # known when run
        self._row: Callable[[Iterable[Any]], Any] = row._make
        self._columns: list[Convert] = [
            column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns.values()
        ]

    def arguments(self, values: Parameters) -> list[Any]:
        """Parameters in the order of their places in the text."""
        return [_converted(convert, values.get(name, default)) for name, default, convert in self._binds]

    def rows(self, rows: Iterable[Iterable[Any]]) -> Sequence[Any]:
        """Rows of the driver, converted and with names."""
        return [self._row(map(_converted, self._columns, row)) for row in rows]


def fits() -> bool:
    """True when a statement, compiled for each database, has its parameters and columns, with their conversions."""
    statement: Any = select(bindparam("a", type_=Boolean).label("one"), bindparam("b", 2).label("two"))
    for kind, style in ((sqlite.dialect, "qmark"), (postgresql.dialect, "numeric_dollar")):
        dialect: Dialect = kind(paramstyle=style)
        compiled = Compiled(statement, dialect)
        [row] = compiled.rows([(1, 2)])
        if compiled.arguments({"a": True}) != [True, 2] or (row.one, row.two) != (True, 2):
            return False
    return True


def _converted(convert: Convert, value: Any) -> Any:
    return value if convert is None else convert(value)
