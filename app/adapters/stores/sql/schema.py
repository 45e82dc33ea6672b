"""Schema version: the one that this code needs, and the one of a database."""

from sqlalchemy import String, column, select, table
from sqlalchemy.exc import DBAPIError

from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.sqlite_database import SqliteDatabase
from app.domain.errors import SchemaError
from app.ports.storage import SchemaStatus

HEAD = "0015"
"""The newest migration. Migrations are numbered in order, so a comparison shows which of two is newer."""

_version = select(column("version_num", String)).select_from(table("alembic_version"))


async def current_revision(database: Database) -> str | None:
    """The last migration of `database`; None without a schema."""
    if database.missing:
        return None
    try:
        row = await database.row(_version, {})
    except DBAPIError as error:
        if not _no_such_table(error):
            raise
        return None
    return None if row is None else str(row.version_num)


async def schema_status(database: Database) -> SchemaStatus:
    """Compare the schema of `database` with `HEAD`; read only."""
    return SchemaStatus(current=await current_revision(database), needed=HEAD)


async def check_schema(database: Database) -> None:
    """Check the schema version; an outdated SQLite file is migrated.

    Raises `SchemaError` and `StoreUnavailableError`.
    """
    found = await schema_status(database)
    if found.state == "current":
        return
    if found.state == "ahead":
        raise SchemaError(
            f"The database has schema {found.current}, from a newer version of Anyport; this one knows {HEAD}. "
            "Install the newer version."
        )
    if not isinstance(database, SqliteDatabase):
        raise SchemaError(
            f"The database has schema {found.current or 'none'}, and this version of Anyport needs {HEAD}. "
            "Run: anyport migrate"
        )
    from app.adapters.stores.sql.alembic_runs import upgrade

    await upgrade(database)


def _no_such_table(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", "") == "42P01" or "no such table" in str(error.orig)
