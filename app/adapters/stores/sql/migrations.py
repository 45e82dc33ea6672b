"""Migration commands: status of the schema, and upgrade to the newest one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.adapters.stores.sql.alembic_runs import upgrade
from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.open_database import open_database
from app.adapters.stores.sql.schema import schema_status
from app.adapters.stores.url import MemoryTarget, parse_database_url
from app.environment import Problem, Secret, SettingsError
from app.ports.storage import SchemaStatus


async def migrate(url: Secret) -> SchemaStatus:
    """Upgrade the schema to the newest migration, all or none; idempotent, and safe to run concurrently.

    Returns the status before the upgrade. Raises `ValueError` for an unusable URL, `SettingsError` for memory, and
    `StoreUnavailableError`.
    """
    async with _opened(url) as database:
        before = await schema_status(database)
        if before.state == "behind":
            await upgrade(database)
        return before


async def status(url: Secret) -> SchemaStatus:
    """Status of the schema; read only."""
    async with _opened(url) as database:
        return await schema_status(database)


@asynccontextmanager
async def _opened(url: Secret) -> AsyncIterator[Database]:
    target = parse_database_url(url)
    if isinstance(target, MemoryTarget):
        raise SettingsError([Problem("DATABASE_URL", "memory:// has no schema to migrate")])
    # No statement timeout: migrating a large table takes long, and so does waiting for another migration.
    database = open_database(target, pool_size=1, statement_seconds=None)
    try:
        yield database
    finally:
        await database.aclose()
