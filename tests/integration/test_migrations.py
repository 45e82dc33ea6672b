"""The migrations, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from app.adapters.stores.sql.alembic_runs import alembic_config, downgrade, upgrade
from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.migrations import migrate, status
from app.adapters.stores.sql.open_database import open_database
from app.adapters.stores.sql.schema import HEAD, current_revision
from app.adapters.stores.sql.tables import metadata
from app.adapters.stores.url import MemoryTarget, parse_database_url
from app.environment import Secret
from tests.postgres import Databases


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path, databases: Databases) -> AsyncIterator[Secret]:
    """An empty database."""
    if request.param == "sqlite":
        yield Secret(f"sqlite:///{tmp_path}/new/anyport.db")
        return
    async with databases.fresh(migrated=False) as postgres_url:
        yield Secret(postgres_url)


@pytest.fixture
async def database(url: Secret) -> AsyncIterator[Database]:
    target = parse_database_url(url)
    assert not isinstance(target, MemoryTarget)
    database = open_database(target, pool_size=2)
    yield database
    await database.aclose()


def test_the_code_names_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_current_head() == HEAD


def test_migrations_are_numbered_in_their_order() -> None:
    numbers = [step.revision for step in ScriptDirectory.from_config(alembic_config()).walk_revisions()]
    assert numbers == sorted(numbers, reverse=True)


async def test_up_and_down_and_up_again(database: Database) -> None:
    await upgrade(database)
    assert await tables(database) == {*metadata.tables, "alembic_version"}
    await downgrade(database, "base")
    assert await tables(database) == {"alembic_version"}
    await upgrade(database)
    assert await current_revision(database) == HEAD


async def test_the_tables_are_what_the_migrations_make(database: Database) -> None:
    def check(connection: Connection) -> None:
        command.check(alembic_config(connection))

    await upgrade(database)
    async with database.migration() as connection:
        await connection.run_sync(check)


async def test_migrating_says_where_the_database_stood(url: Secret) -> None:
    assert (await status(url)).state == "behind"
    assert (await migrate(url)).current is None
    assert (await migrate(url)).current == HEAD
    assert (await status(url)).state == "current"


async def test_two_that_migrate_at_once_do_not_trip(url: Secret) -> None:
    await asyncio.gather(*(migrate(url) for _ in range(4)))
    assert (await status(url)).state == "current"


async def tables(database: Database) -> set[str]:
    """The names of all tables that are there."""
    async with database.engine.connect() as connection:
        return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))
