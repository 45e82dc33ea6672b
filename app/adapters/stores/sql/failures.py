"""Classification of database errors: unavailable, constraint violated, or a fault of ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.domain.errors import StoreUnavailableError
from app.domain.language import _

# Error classes of PostgreSQL: connection, authorization, no such database, rollback (deadlock), resources (disk full,
# too many connections), intervention (shutdown), system. Then single codes: read-only standby, missing privilege, lock
# not available.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRES = ("08", "28", "3D", "40", "53", "57", "58", "25006", "42501", "55P03")

# Prefixes of extended codes: https://www.sqlite.org/rescode.html. The last two end when the operator restores the file.
_SQLITE = (
    *("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY"),
    *("SQLITE_PERM", "SQLITE_AUTH", "SQLITE_NOLFS", "SQLITE_NOTADB", "SQLITE_CORRUPT"),
)

# The database answers but refuses writes: full or broken disk, or read-only. The operator must act.
_UNWRITABLE = (
    "53100",
    "25006",
    "42501",
    "SQLITE_FULL",
    "SQLITE_IOERR",
    "SQLITE_READONLY",
    "SQLITE_PERM",
    "SQLITE_NOLFS",
)

_UNAVAILABLE = _POSTGRES + _SQLITE

_CONSTRAINT = ("23", "SQLITE_CONSTRAINT")

# A prepared statement is missing, or its name belongs to another client.
_POOLER_CODES = frozenset({"26000", "42P05"})


@contextmanager
def unavailable() -> Iterator[None]:
    """Raise `StoreUnavailableError` for errors that may pass; other errors pass through without the values of rows."""
    try:
        yield
    except StoreUnavailableError:
        raise
    except Exception as error:
        detail = _unavailable_detail(error)
        if detail is None:
            _strip_values(error)
            raise
        raise StoreUnavailableError(_message(detail), detail=detail) from error


def _message(detail: str) -> str:
    if detail.startswith(_UNWRITABLE):
        return _("The server cannot store anything just now. Please tell whoever runs it, and try again later.")
    return _("The database is not available. Please try again.")


@contextmanager
def constraint_errors() -> Iterator[None]:
    """Raise SQLAlchemy's `IntegrityError` for a driver's error about a violated constraint."""
    try:
        yield
    except Exception as error:
        if _code(error).startswith(_CONSTRAINT):
            raise IntegrityError(None, None, error) from error
        raise


def is_orphan(error: IntegrityError) -> bool:
    """True when a foreign key refers to a missing row."""
    return _code(error.orig) in {"23503", "SQLITE_CONSTRAINT_FOREIGNKEY"}


def is_duplicate(error: IntegrityError, *, of: str = "") -> bool:
    """True when a row with the same unique key exists; with `of`, in that unique index, which PostgreSQL names."""
    return _code(error.orig) in {"23505", "SQLITE_CONSTRAINT_UNIQUE"} and of in _first_line(error.orig)


def is_busy(error: DBAPIError) -> bool:
    """True when another process has locked the SQLite file."""
    return _code(error.orig).startswith("SQLITE_BUSY")


def _unavailable_detail(error: BaseException) -> str | None:
    """The reason why the database is unavailable, without statement and values; None for any other error."""
    if isinstance(error, PoolTimeoutError):
        return "every connection was in use for too long; raise DATABASE_POOL_SIZE"
    # SQLAlchemy wraps errors of statements, but not errors of connecting.
    cause = (error.orig if isinstance(error, DBAPIError) else None) or error
    code = _code(cause)
    if code in _POOLER_CODES:
        return "a pooler in front of the database forbids prepared statements; add ?pgbouncer=true to DATABASE_URL"
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if lost or isinstance(cause, OSError | TimeoutError) or code.startswith(_UNAVAILABLE):
        return reason_of(cause)
    return None


def reason_of(error: BaseException) -> str:
    """Code or type of a driver's error with the first line of its message; later lines quote values of rows."""
    return f"{_code(error) or type(error).__name__}: {_first_line(error) or 'no answer in time'}"


def _strip_values(error: BaseException) -> None:
    # PostgreSQL quotes the row after the first line, and logs must not contain texts of users.
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, DBAPIError) or _code(cause):
            cause.args = tuple(_first_line(argument) for argument in cause.args)
        if isinstance(getattr(cause, "detail", None), str):
            vars(cause).update(detail=None)
        cause = cause.__cause__


def _code(error: BaseException | None) -> str:
    code: object = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None)
    return code if isinstance(code, str) else ""


def _first_line(error: object) -> str:
    return str(error).partition("\n")[0]
