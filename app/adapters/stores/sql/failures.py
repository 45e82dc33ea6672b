"""Which errors of a database mean that it is not there, or not able, for a while."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.domain.errors import StoreUnavailableError

# Classes of https://www.postgresql.org/docs/current/errcodes-appendix.html: connection, authorization, no such
# database, rollback (deadlock), resources (disk full, too many connections), intervention (shutdown), system.
_PASSING_CLASSES = ("08", "28", "3D", "40", "53", "57", "58")
_PASSING_CODES = frozenset({"25006", "55P03"})  # A standby after a failover; a lock not available.

# Names of https://www.sqlite.org/rescode.html; extended codes begin with them.
_PASSING_NAMES = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY")


@contextmanager
def unavailable() -> Iterator[None]:
    """Raise `StoreUnavailableError` for what may pass; every other error goes through as it is."""
    try:
        yield
    except PoolTimeoutError as error:
        raise StoreUnavailableError(
            "The database is busy. Please try again.",
            detail="every connection was in use for too long; raise DATABASE_POOL_SIZE",
        ) from error
    except (TimeoutError, DBAPIError, OSError, sqlite3.Error) as error:
        if not _passes(error):
            raise
        raise unavailable_error(error) from error
    except Exception as error:
        # While connecting, asyncpg's errors come as they are; elsewhere SQLAlchemy wraps them.
        if _sqlstate(error) is None or not _passes(error):
            raise
        raise unavailable_error(error) from error


def unavailable_error(error: BaseException) -> StoreUnavailableError:
    """What the caller is told about `error`; the detail names no statement and no value."""
    cause = getattr(error, "orig", None) or error
    code = _sqlstate(cause) or getattr(cause, "sqlite_errorname", "") or type(cause).__name__
    return StoreUnavailableError("The database is not available. Please try again.", detail=f"{code}: {_reason(cause)}")


def _passes(error: BaseException) -> bool:
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or (error.orig is not None and _passes(error.orig))
    if isinstance(error, OSError | asyncio.TimeoutError):
        return True
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorname", "").startswith(_PASSING_NAMES)
    state = _sqlstate(error)
    return state is not None and (state.startswith(_PASSING_CLASSES) or state in _PASSING_CODES)


def _sqlstate(error: BaseException) -> str | None:
    state: object = getattr(error, "sqlstate", None)
    return state if isinstance(state, str) else None


def _reason(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0]
