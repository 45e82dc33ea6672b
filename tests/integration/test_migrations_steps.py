"""Migrations that come later: on data, failing half-way, and from an installed package."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from app.adapters.stores.sql import alembic_runs
from app.adapters.stores.sql.alembic_runs import downgrade, upgrade
from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.open_database import open_database
from app.adapters.stores.sql.schema import HEAD, current_revision
from app.adapters.stores.url import MemoryTarget, parse_database_url
from app.chatkit_json.item_text import text_of_item
from app.domain.errors import SchemaError
from app.environment import Secret
from tests.postgres import Databases
from tests.project_copy import copy, run, unpacked_wheel
from tests.sql import ANN, message, storage_at, thread

NEXT = f"{int(HEAD) + 1:04}"

# Changing a column's type makes Alembic build the table anew on SQLite, and delete the one that items refer to.
REBUILD = """
def upgrade():
    with op.batch_alter_table("threads") as table:
        table.add_column(sa.Column("note", sa.Text(), server_default="none", nullable=False))
        table.alter_column("body", existing_type=sa.Text(), type_=sa.String(1_000_000))
"""

FAILING = """
def upgrade():
    op.create_table("half_done", sa.Column("id", sa.Integer(), primary_key=True))
    raise RuntimeError("the second half fails")
"""

ORPHANING = """
def upgrade():
    op.execute("DELETE FROM threads")
"""


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path, databases: Databases) -> AsyncIterator[str]:
    """A database with one conversation in it."""
    if request.param == "sqlite":
        await converse(url := f"sqlite:///{tmp_path}/steps.db")
        yield url
        return
    async with databases.fresh() as url:
        await converse(url)
        yield url


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    target = parse_database_url(Secret(url))
    assert not isinstance(target, MemoryTarget)
    database = open_database(target, pool_size=2)
    yield database
    await database.aclose()


@pytest.fixture
def scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of our migrations, to which a test may add one."""
    copy(tmp_path, "migrations")
    scripts = tmp_path / "migrations"
    monkeypatch.setattr(alembic_runs, "_scripts", lambda: scripts)
    return scripts


async def converse(url: str) -> None:
    async with storage_at(url) as storage:
        await storage.threads.save_thread(thread("thr_1"), ANN)
        for number in range(3):
            await storage.threads.add_thread_item("thr_1", message("thr_1", number), ANN)
        await storage.threads.save_feedback("thr_1", ["msg_1"], "positive", ANN)


async def test_an_upgrade_keeps_the_data_and_what_refers_to_it(url: str, database: Database, scripts: Path) -> None:
    add(scripts, REBUILD)
    await upgrade(database)
    assert await current_revision(database) == NEXT
    await upgrade(database)
    async with database.engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": HEAD})
    async with storage_at(url) as storage:
        page = await storage.threads.load_thread_items("thr_1", None, 10, "asc", ANN)
        assert [item.id for item in page.data] == ["msg_0", "msg_1", "msg_2"]
        assert len(await storage.threads.load_feedback("thr_1", ANN)) == 1


async def test_a_failing_migration_leaves_nothing_behind(database: Database, scripts: Path) -> None:
    add(scripts, FAILING)
    with pytest.raises(RuntimeError, match="second half"):
        await upgrade(database)
    assert await current_revision(database) == HEAD
    async with database.engine.connect() as connection:
        assert "half_done" not in await connection.run_sync(lambda sync: inspect(sync).get_table_names())


async def test_a_migration_that_would_orphan_rows_on_sqlite_is_undone(tmp_path: Path, scripts: Path) -> None:
    await converse(url := f"sqlite:///{tmp_path}/orphans.db")
    add(scripts, ORPHANING)
    async with storage_at(url) as storage:
        with pytest.raises(SchemaError, match="rolled back"):
            await upgrade(storage.database)
        assert (await storage.threads.load_thread("thr_1", ANN)).id == "thr_1"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_the_installed_package_brings_its_migrations_and_two_processes_do_not_trip(
    kind: str, tmp_path: Path, databases: Databases
) -> None:
    site = await unpacked_wheel(tmp_path, b"// Built elsewhere.")
    async with databases.fresh(migrated=False) as postgres_url:
        url = postgres_url if kind == "postgresql" else f"sqlite:///{tmp_path}/installed.db"
        program = site / "program.py"
        program.write_text(PROGRAM.format(url=url, site=str(site)))
        said = await asyncio.gather(*(run(sys.executable, program, cwd=tmp_path) for _ in range(2)))
    assert said == ["current\n", "current\n"]


PROGRAM = """
import asyncio, sys
import app
from app.adapters.stores.sql.migrations import migrate, status
from app.domain.errors import SchemaError
from app.environment import Secret

assert app.__file__.startswith({site!r})
url = Secret({url!r})
asyncio.run(migrate(url))
print(asyncio.run(status(url)).state)
"""


def add(scripts: Path, body: str) -> None:
    head = f'import sqlalchemy as sa\nfrom alembic import op\n\nrevision = "{NEXT}"\ndown_revision = "{HEAD}"\n'
    (scripts / "versions" / f"{NEXT}_next.py").write_text(head + body)


async def test_feedback_is_kept_down_and_up_again(url: str, database: Database) -> None:
    await downgrade(database, "0010")
    await upgrade(database)
    async with storage_at(url) as storage:
        [judged] = await storage.threads.load_feedback("thr_1", ANN)
        assert (judged.item_id, judged.kind) == ("msg_1", "positive")
        assert judged.answer == text_of_item(await storage.threads.load_item("thr_1", "msg_1", ANN))
