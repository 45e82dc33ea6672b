"""`python -m migrations "what changes"` writes the next migration from the difference between tables and schema."""

import asyncio
import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import Connection

from app.adapters.stores.sql.alembic_runs import alembic_config, upgrade
from app.adapters.stores.sql.schema import HEAD
from app.adapters.stores.sql.sqlite_database import SqliteDatabase
from app.adapters.stores.url import SqliteTarget


async def write(message: str) -> None:
    """Compare the tables with a database at the newest migration; review the draft that Alembic writes."""

    def compare(connection: Connection) -> None:
        command.revision(alembic_config(connection), message, autogenerate=True, rev_id=f"{int(HEAD) + 1:04d}")

    with tempfile.TemporaryDirectory() as directory:
        database = SqliteDatabase(SqliteTarget(str(Path(directory) / "schema.db")))
        try:
            await upgrade(database)
            async with database.migration() as connection:
                await connection.run_sync(compare)
        finally:
            await database.aclose()


if __name__ == "__main__":
    asyncio.run(write(" ".join(sys.argv[1:])))
