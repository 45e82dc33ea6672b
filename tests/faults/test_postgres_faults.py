"""A PostgreSQL that is not there, goes away, comes back, or refuses a row."""

import asyncio
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from secrets import token_hex
from typing import Any

import asyncpg
import pytest
from sqlalchemy.exc import IntegrityError

from app.adapters.stores.sql.migrations import migrate
from app.adapters.stores.sql.storage import SqlStorage
from app.domain.errors import SchemaError, StoreUnavailableError
from app.environment import Secret
from tests.postgres import PostgresServer, running_postgres
from tests.sql import ANN, message, storage_at, thread, unstarted

_END_WAITING = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
# What PostgreSQL raises itself when it cannot extend a file.
_FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON thread_items EXECUTE FUNCTION full_disk();
"""


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[PostgresServer]:
    async with running_postgres() as server:
        await migrate(Secret(server.url()))
        yield server


@pytest.fixture
async def storage(server: PostgresServer) -> AsyncIterator[SqlStorage]:
    async with storage_at(server.url(), pool_size=4) as storage:
        yield storage


async def test_down_at_the_start(server: PostgresServer) -> None:
    await server.stop()
    storage = unstarted(server.url().replace("postgres@", "postgres:hunter2@"))
    try:
        with pytest.raises(StoreUnavailableError) as caught:
            await storage.start()
    finally:
        await storage.aclose()
        await server.start()
    assert "check DATABASE_URL" in caught.value.detail
    assert f"127.0.0.1:{server.port}" in caught.value.detail
    assert "hunter2" not in caught.value.message + caught.value.detail


async def test_no_such_database(server: PostgresServer) -> None:
    storage = unstarted(server.url("nowhere"))
    with pytest.raises(StoreUnavailableError) as caught:
        await storage.start()
    await storage.aclose()
    assert "check DATABASE_URL" in caught.value.detail
    assert 'database "nowhere" does not exist' in caught.value.detail


async def test_a_schema_that_is_behind_or_ahead(server: PostgresServer) -> None:
    async with database(server, "schemas") as connection:
        storage = unstarted(server.url("schemas"))
        with pytest.raises(SchemaError, match="anyport migrate"):
            await storage.start()
        await migrate(Secret(server.url("schemas")))
        await storage.start()
        await connection.execute("UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(SchemaError, match="newer version"):
            await storage.start()
        await storage.aclose()


async def test_after_an_orderly_restart_the_next_call_works(server: PostgresServer, storage: SqlStorage) -> None:
    await storage.threads.save_thread(thread("thr_restart"), ANN)
    # Fill the pool, so that the next call takes a connection of the server that was.
    await asyncio.gather(*(storage.threads.load_thread("thr_restart", ANN) for _ in range(8)))
    await server.stop()
    await server.start()
    assert (await storage.threads.load_thread("thr_restart", ANN)).id == "thr_restart"


async def test_after_a_crash_the_next_call_works(server: PostgresServer, storage: SqlStorage) -> None:
    await storage.threads.save_thread(thread("thr_crash"), ANN)
    await asyncio.gather(*(storage.threads.load_thread("thr_crash", ANN) for _ in range(8)))
    await server.kill()
    with pytest.raises(StoreUnavailableError) as caught:
        await storage.check()
    assert caught.value.retry
    await server.start()
    await storage.threads.add_thread_item("thr_crash", message("thr_crash", 1), ANN)
    assert (await storage.threads.load_item("thr_crash", "msg_1", ANN)).id == "msg_1"


async def test_a_connection_lost_in_the_middle_of_a_statement(server: PostgresServer, storage: SqlStorage) -> None:
    await storage.threads.save_thread(thread("thr_lost"), ANN)
    async with database(server, "postgres") as other:
        async with other.transaction():
            await other.execute("LOCK TABLE thread_items")
            saving = asyncio.create_task(storage.threads.add_thread_item("thr_lost", message("thr_lost", 1), ANN))
            while not await other.fetch(_END_WAITING):
                pass
            with pytest.raises(StoreUnavailableError):
                await saving
        await storage.threads.add_thread_item("thr_lost", message("thr_lost", 1), ANN)


async def test_a_refused_row_surfaces_without_its_values(server: PostgresServer, storage: SqlStorage) -> None:
    secret = token_hex(8)
    await storage.threads.save_thread(thread("thr_refused"), ANN)
    async with database(server, "postgres") as other:
        await other.execute(f"ALTER TABLE thread_items ADD CONSTRAINT no_secrets CHECK (body NOT LIKE '%{secret}%')")
        try:
            with pytest.raises(Exception, match="no_secrets") as caught:
                await storage.threads.save_item("thr_refused", message("thr_refused", 1, secret), ANN)
        finally:
            await other.execute("ALTER TABLE thread_items DROP CONSTRAINT no_secrets")
    assert isinstance(caught.value, IntegrityError)
    assert secret not in "".join(traceback.format_exception(caught.value))


async def test_a_disk_that_is_full_says_so(server: PostgresServer, storage: SqlStorage) -> None:
    await storage.threads.save_thread(thread("thr_full"), ANN)
    async with database(server, "postgres") as other:
        await other.execute(_FULL)
        try:
            with pytest.raises(StoreUnavailableError) as caught:
                await storage.threads.save_item("thr_full", message("thr_full", 1), ANN)
        finally:
            await other.execute("DROP FUNCTION full_disk CASCADE")
    assert caught.value.detail.startswith("53100")


@asynccontextmanager
async def database(server: PostgresServer, name: str) -> AsyncIterator[Any]:
    """A connection of the test's own; `name` is created unless it is the server's first database."""
    connection = await asyncpg.connect(server.url())
    try:
        if name != "postgres":
            await connection.execute(f'CREATE DATABASE "{name}"')
            await connection.close()
            connection = await asyncpg.connect(server.url(name))
        yield connection
    finally:
        await connection.close()
