"""Runs of Alembic inside the server, with `migrations/` of a checkout or its copy in the installed package."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

import app
from app.adapters.stores.sql.database import Database


async def upgrade(database: Database, revision: str = "head") -> None:
    """Run the migrations up to `revision` in one transaction, exclusive among all processes."""
    await _run(database, command.upgrade, revision)


async def downgrade(database: Database, revision: str) -> None:
    """Undo the migrations after `revision`, all or none; `base` undoes all of them."""
    await _run(database, command.downgrade, revision)


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration: the folder of our migrations, and the connection to run them on."""
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
