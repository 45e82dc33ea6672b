"""Choice of the database engine by the address."""

from typing import Final

from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.postgresql_database import PostgresDatabase
from app.adapters.stores.sql.sqlite_database import SqliteDatabase
from app.adapters.stores.url import PostgresTarget, SqliteTarget

STATEMENT_SECONDS: Final = 30.0
"""Timeout of a statement; the slowest of ours, deleting a thread of 100,000 items, takes one second."""


def open_database(
    target: SqliteTarget | PostgresTarget, *, pool_size: int, statement_seconds: float | None = STATEMENT_SECONDS
) -> Database:
    """Build the database for `target`; opens no connection."""
    if isinstance(target, SqliteTarget):
        return SqliteDatabase(target)
    return PostgresDatabase(target, pool_size=pool_size, statement_seconds=statement_seconds)
