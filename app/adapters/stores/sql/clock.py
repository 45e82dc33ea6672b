"""The database's own clock, in statements: of all that decide something together each knows only its own."""

import datetime as dt
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Float, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.adapters.stores.sql.types import UtcDateTime

# As the type `Moment` is kept there, so that texts compare as times do.
_SQLITE = "'%Y-%m-%d %H:%M:%f000', 'now'"


class Now(FunctionElement[dt.datetime]):
    """The time when the statement arrived; SQLite reads its machine's clock."""

    name = "time_now"
    type = UtcDateTime()
    inherit_cache = True


class FromNow(FunctionElement[dt.datetime]):
    """The time so many seconds later, or earlier when they are less than 0."""

    name = "time_from_now"
    type = UtcDateTime()
    inherit_cache = True


def duration(name: str) -> BindParameter[float]:
    """A parameter of that many seconds."""
    return bindparam(name, type_=Float)


def lies_ahead(moment: ColumnElement[Any], *, at_most: float) -> ColumnElement[bool]:
    """True while the moment is to come. What lies further ahead than `at_most` seconds, as far as anybody sets it, was
    set before the database's clock was put back, and is over."""
    return (moment > Now()) & (moment <= FromNow(at_most))


@compiles(Now, "postgresql")
def _now_on_postgres(_element: Now, _compiler: SQLCompiler, **_: Any) -> str:
    return "statement_timestamp()"


@compiles(Now, "sqlite")
def _now_on_sqlite(_element: Now, _compiler: SQLCompiler, **_: Any) -> str:
    return f"strftime({_SQLITE})"


@compiles(FromNow, "postgresql")
def _from_now_on_postgres(element: FromNow, compiler: SQLCompiler, **options: Any) -> str:
    return f"(statement_timestamp() + make_interval(secs => {compiler.process(element.clauses, **options)}))"


@compiles(FromNow, "sqlite")
def _from_now_on_sqlite(element: FromNow, compiler: SQLCompiler, **options: Any) -> str:
    return f"strftime({_SQLITE}, {compiler.process(element.clauses, **options)} || ' seconds')"
