"""Which errors of a database mean that it is not there, or not able, for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.domain.errors import StoreUnavailableError

# PostgreSQL's classes of error: connection, authorization, no such database, rollback (deadlock), resources (disk full,
# too many connections), intervention (shutdown), system; then: a standby after a failover, a lock not available.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRES = ("08", "28", "3D", "40", "53", "57", "58", "25006", "55P03")

# Extended codes begin with these: https://www.sqlite.org/rescode.html
_SQLITE = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY")

_PASSING = _POSTGRES + _SQLITE

# A prepared statement that is gone, or that is somebody else's.
_POOLER_CODES = frozenset({"26000", "42P05"})


@contextmanager
def unavailable() -> Iterator[None]:
    """Raise `StoreUnavailableError` for what may pass; every other error goes through as it is."""
    try:
        yield
    except Exception as error:
        detail = _passing(error)
        if detail is None:
            raise
        raise StoreUnavailableError("The database is not available. Please try again.", detail=detail) from error


def _passing(error: BaseException) -> str | None:
    """Why the database cannot do its work just now, without a statement or a value; None for any other error."""
    if isinstance(error, PoolTimeoutError):
        return "every connection was in use for too long; raise DATABASE_POOL_SIZE"
    # SQLAlchemy wraps the driver's errors, but those of connecting come as they are.
    cause = (error.orig if isinstance(error, DBAPIError) else None) or error
    code = _sqlstate(cause) or getattr(cause, "sqlite_errorname", "")
    if code in _POOLER_CODES:
        return "a pooler in front of the database forbids prepared statements; add ?pgbouncer=true to DATABASE_URL"
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if lost or isinstance(cause, OSError | TimeoutError) or code.startswith(_PASSING):
        return f"{code or type(cause).__name__}: {_first_line(cause)}"
    return None


def _sqlstate(error: BaseException) -> str:
    state: object = getattr(error, "sqlstate", None)
    return state if isinstance(state, str) else ""


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]
