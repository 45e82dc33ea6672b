"""Which errors of a database mean that it is not there, or not able, for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.domain.errors import StoreUnavailableError
from app.domain.language import _

# PostgreSQL's classes of error: connection, authorization, no such database, rollback (deadlock), resources (disk full,
# too many connections), intervention (shutdown), system; then: a standby after a failover, a right that was taken away,
# a lock not available.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRES = ("08", "28", "3D", "40", "53", "57", "58", "25006", "42501", "55P03")

# Extended codes begin with these: https://www.sqlite.org/rescode.html. The last two pass when the operator puts a
# database where there is none.
_SQLITE = (
    *("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY"),
    *("SQLITE_PERM", "SQLITE_AUTH", "SQLITE_NOLFS", "SQLITE_NOTADB", "SQLITE_CORRUPT"),
)

# The database answers and takes nothing: its disk is full or broken, or it may only be read. It waits for the operator.
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

_PASSING = _POSTGRES + _SQLITE

_REFUSED = ("23", "SQLITE_CONSTRAINT")

# A prepared statement that is gone, or that is somebody else's.
_POOLER_CODES = frozenset({"26000", "42P05"})


@contextmanager
def unavailable() -> Iterator[None]:
    """Raise `StoreUnavailableError` for what may pass; every other error goes through, without the row it is about."""
    try:
        yield
    except StoreUnavailableError:
        raise
    except Exception as error:
        detail = _passing(error)
        if detail is None:
            _forget_values(error)
            raise
        raise StoreUnavailableError(_message(detail), detail=detail) from error


def _message(detail: str) -> str:
    if detail.startswith(_UNWRITABLE):
        return _("The server cannot store anything just now. Please tell whoever runs it, and try again later.")
    return _("The database is not available. Please try again.")


@contextmanager
def as_refusal() -> Iterator[None]:
    """Raise as SQLAlchemy's `IntegrityError` what a driver says of a row that the schema refuses."""
    try:
        yield
    except Exception as error:
        if _code(error).startswith(_REFUSED):
            raise IntegrityError(None, None, error) from error
        raise


def is_orphan(error: IntegrityError) -> bool:
    """True when the row refers to one that is gone."""
    return _code(error.orig) in {"23503", "SQLITE_CONSTRAINT_FOREIGNKEY"}


def is_duplicate(error: IntegrityError) -> bool:
    """True when there is such a row already."""
    return _code(error.orig) in {"23505", "SQLITE_CONSTRAINT_UNIQUE"}


def is_busy(error: DBAPIError) -> bool:
    """True when another process holds the SQLite file just now."""
    return _code(error.orig).startswith("SQLITE_BUSY")


def _passing(error: BaseException) -> str | None:
    """Why the database cannot do its work just now, without a statement or a value; None for any other error."""
    if isinstance(error, PoolTimeoutError):
        return "every connection was in use for too long; raise DATABASE_POOL_SIZE"
    # SQLAlchemy wraps the driver's errors, but those of connecting come as they are.
    cause = (error.orig if isinstance(error, DBAPIError) else None) or error
    code = _code(cause)
    if code in _POOLER_CODES:
        return "a pooler in front of the database forbids prepared statements; add ?pgbouncer=true to DATABASE_URL"
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if lost or isinstance(cause, OSError | TimeoutError) or code.startswith(_PASSING):
        return reason_of(cause)
    return None


def reason_of(error: BaseException) -> str:
    """The code or type of a driver's error, and the first line of its message: the only one without values."""
    return f"{_code(error) or type(error).__name__}: {_first_line(error) or 'no answer in time'}"


def _forget_values(error: BaseException) -> None:
    # PostgreSQL quotes the row in the lines after the first, and a log is no place for what people wrote.
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
