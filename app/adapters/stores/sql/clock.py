"""Time by the database's clock, in SQL, because the clocks of several replicas differ."""

import datetime as dt
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Float, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.adapters.stores.sql.types import UtcDateTime

# The text format of `UtcDateTime` on SQLite, so that texts compare like times.
_SQLITE = "'%Y-%m-%d %H:%M:%f000', 'now'"


class Now(FunctionElement[dt.datetime]):
    """The time at the start of the statement; SQLite reads the clock of this machine."""

    name = "time_now"
    type = UtcDateTime()
    inherit_cache = True


class FromNow(FunctionElement[dt.datetime]):
    """The time a number of seconds from now; a negative number lies in the past."""

    name = "time_from_now"
    type = UtcDateTime()
    inherit_cache = True


def duration(name: str) -> BindParameter[float]:
    """A parameter for a duration in seconds."""
    return bindparam(name, type_=Float)


def lies_ahead(moment: ColumnElement[Any], *, at_most: float) -> ColumnElement[bool]:
    """True while `moment` lies in the future, by at most `at_most` seconds.

    A moment further ahead was written before the database's clock was set back, and counts as past.
    """
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
