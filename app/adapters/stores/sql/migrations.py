"""The commands of a migration: where a database stands, and bringing it to this code's schema."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.adapters.stores.sql.alembic_runs import upgrade
from app.adapters.stores.sql.database import Database, open_database
from app.adapters.stores.sql.schema import schema_status
from app.adapters.stores.url import MemoryTarget, parse_database_url
from app.environment import Problem, Secret, SettingsError
from app.ports.storage import SchemaStatus


async def migrate(url: Secret) -> SchemaStatus:
    """Bring the database to this code's schema, all or nothing; a second call, or one at the same time, is harmless.

    Returns where it stood before. Raises `ValueError` for an unusable URL, `SettingsError` for memory, and
    `StoreUnavailableError`.
    """
    async with _opened(url) as database:
        before = await schema_status(database)
        if before.state == "behind":
            await upgrade(database)
        return before


async def status(url: Secret) -> SchemaStatus:
    """Where the database stands; changes nothing."""
    async with _opened(url) as database:
        return await schema_status(database)


@asynccontextmanager
async def _opened(url: Secret) -> AsyncIterator[Database]:
    target = parse_database_url(url)
    if isinstance(target, MemoryTarget):
        raise SettingsError([Problem("DATABASE_URL", "memory:// has no schema to migrate")])
    # A migration of a large table takes its time, and so does waiting for another process that runs one.
    database = open_database(target, pool_size=1, statement_seconds=None)
    try:
        yield database
    finally:
        await database.aclose()
