"""A disk that is full for longer than a server waits for it, and a database that takes nothing for another reason."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from chatkit.types import ErrorEvent

from app.adapters.stores.sql.storage import SqlStorage
from app.application.threads.notifying_store import UNSAVED
from app.domain.errors import StoreUnavailableError
from tests.chatkit_client import ChatKitClient, user_input
from tests.full_disk import SmallDisk, small_disk
from tests.postgres import Databases
from tests.server import ServerProcess, running
from tests.sql import ANN, message, storage_at, thread
from tests.uploads import post_file

WAITS = {"SAVE_RETRY_SECONDS": "0.3", "DEMO_DELAY_MS": "2"}


class Scene(NamedTuple):
    """A server on a small disk."""

    server: ServerProcess
    client: ChatKitClient
    disk: SmallDisk

    async def health(self) -> int:
        """The status of its health."""
        return (await self.client.http.get("/health")).status_code


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    with small_disk(tmp_path / "data") as disk:
        async with running(tmp_path, WAITS) as server, ChatKitClient(server.url) as client:
            yield Scene(server, client, disk)


async def test_a_full_disk_is_logged_for_the_operator_and_shown_to_the_user(scene: Scene) -> None:
    await scene.client.say("Hello")
    assert await scene.health() == httpx.codes.OK
    last, full = None, False
    async for event in scene.client.stream("threads.create", input=user_input("count to 60")):
        last = event
        if not full and hasattr(getattr(event, "update", None), "delta"):
            scene.disk.fill(scene.server.pid)
            full = True
    assert isinstance(last, ErrorEvent)
    assert last.message == UNSAVED
    [line] = [line for line in scene.server.log.splitlines() if "could not be stored" in line and "[error" in line]
    assert scene.disk.sentence in line

    assert await scene.health() == httpx.codes.SERVICE_UNAVAILABLE
    refused = await scene.client.http.post("/chatkit/api", json={"message": {"content": "Hello!"}})
    assert refused.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert "cannot store anything" in refused.json()["message"]
    assert "disk" not in refused.text

    scene.disk.free(scene.server.pid)
    assert await scene.health() == httpx.codes.OK
    assert (await scene.client.say("Are you back?")).text


async def test_the_health_check_reports_a_full_disk_of_attachments(scene: Scene) -> None:
    large = b"a line of text\n" * 200_000
    assert (await post_file(scene.client, "a.txt", large)).status_code == httpx.codes.OK
    scene.disk.fill(scene.server.pid)
    assert (await post_file(scene.client, "a.txt", large)).status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert await scene.health() == httpx.codes.SERVICE_UNAVAILABLE
    scene.disk.free(scene.server.pid)
    assert await scene.health() == httpx.codes.OK


async def refused_to_write(storage: SqlStorage, number: int) -> StoreUnavailableError:
    """Return the response to a write, and the health until another write succeeds."""
    with pytest.raises(StoreUnavailableError) as caught:
        await storage.threads.save_item("thr_1", message("thr_1", number), ANN)
    for check in (storage.check, storage.check_writing):
        with pytest.raises(StoreUnavailableError) as told:
            await check()
        assert told.value.detail.partition(":")[0] == caught.value.detail.partition(":")[0]
    await storage.threads.load_thread("thr_1", ANN)
    with pytest.raises(StoreUnavailableError):
        await storage.check()
    return caught.value


@pytest.mark.parametrize(
    ("harm", "mend", "code"),
    [
        ("SET default_transaction_read_only = on", "RESET default_transaction_read_only", "25006"),
        ("SET ROLE reader", "RESET ROLE", "42501"),
    ],
)
async def test_postgres_that_may_only_be_read_is_unhealthy_until_it_can_be_written(
    databases: Databases, harm: str, mend: str, code: str
) -> None:
    async with databases.fresh() as url, storage_at(url, pool_size=1) as storage:
        await storage.threads.save_thread(thread("thr_1"), ANN)
        async with storage.database.transaction() as connection:
            await connection.exec_driver_sql("DROP ROLE IF EXISTS reader")
            await connection.exec_driver_sql("CREATE ROLE reader")
            await connection.exec_driver_sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
        await every_connection(storage, harm)
        assert (await refused_to_write(storage, 1)).detail.startswith(code)
        await every_connection(storage, mend)
        await storage.check()
        async with storage.database.transaction() as connection:
            await connection.exec_driver_sql("DROP OWNED BY reader")
            await connection.exec_driver_sql("DROP ROLE reader")


async def every_connection(storage: SqlStorage, statement: str) -> None:
    """Of a pool of one."""
    async with storage.database.engine.connect() as connection:
        await connection.exec_driver_sql(statement)


async def test_sqlite_that_may_only_be_read_is_unhealthy_until_it_can_be_written(tmp_path: Path) -> None:
    async with storage_at(f"sqlite:///{tmp_path}/faults.db", pool_size=1) as storage:
        await storage.threads.save_thread(thread("thr_1"), ANN)
        await storage.database.engine.dispose()
        for switch, able in (("ON", False), ("OFF", True)):
            connections = [await storage.database.engine.connect() for _ in range(5)]
            for connection in connections:
                await connection.exec_driver_sql(f"PRAGMA query_only = {switch}")
            for connection in connections:
                await connection.close()
            if able:
                await storage.check()
            else:
                assert (await refused_to_write(storage, 1)).detail.startswith("SQLITE_READONLY")
