"""Alembic, run from inside the server: `migrations/` of a checkout, or its copy in the installed package."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

import app
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


async def upgrade(database: Database, revision: str = "head") -> None:
    """Run the migrations up to `revision` in one transaction, alone among all processes."""
    await _run(database, command.upgrade, revision)


async def downgrade(database: Database, revision: str) -> None:
    """Undo the migrations after `revision`, all or nothing; `base` undoes every one."""
    await _run(database, command.downgrade, revision)


def alembic_config(connection: Connection | None = None) -> Config:
    """What Alembic needs to find our migrations, and to run them on `connection`."""
    config = Config()
    config.set_main_option("script_location", str(_scripts()).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


async def _run(database: Database, action: Callable[[Config, str], None], revision: str) -> None:
    def run(connection: Connection) -> None:
        action(alembic_config(connection), revision)

    async with database.migration() as connection:
        await connection.run_sync(run)


def _scripts() -> Path:
    package = Path(app.__file__).parent
    installed = package / "_migrations"
    return installed if installed.exists() else package.parent / "migrations"


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
