"""`migrate`, `export` and `erase`, as an operator runs them."""

import asyncio
import base64
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from chatkit.types import FileAttachment
from click.testing import CliRunner, Result

from app.adapters.stores.sql.schema import HEAD
from app.bootstrap import (
    check_assistant,
    make_app,
    make_container,
    migrate,
    read_settings,
    schema_status,
    setting_sections,
)
from app.domain.task import new_task
from app.entrypoints.cli import Tools, cli
from app.environment import SettingsError
from tests.factories import summary
from tests.postgres import Databases
from tests.sql import ANN, NOON, message, storage_at, thread, turn


@pytest.fixture
async def empty(databases: Databases) -> AsyncIterator[str]:
    async with databases.fresh(migrated=False) as url:
        yield url


@pytest.fixture
async def kept(databases: Databases) -> AsyncIterator[str]:
    """A database with a thread and a task of ann's."""
    async with databases.fresh() as url, storage_at(url) as storage:
        await storage.threads.save_thread(thread("thr_1"), ANN)
        for number in range(2):
            await storage.threads.add_thread_item("thr_1", message("thr_1", number, "half an emoji \ud83d"), ANN)
        await storage.turn_log.save(turn("thr_1", "msg_0"), ANN)
        assert await storage.summaries.save(summary("thr_1", "msg_0"), ANN, replacing=None, items=1)
        await storage.threads.save_feedback("thr_1", ["msg_1"], "positive", ANN)
        await storage.tasks.add(new_task("ann", "Milk", now=NOON))
        yield url


async def anyport(url: str, *arguments: str, says: str = "", files: str = "") -> Result:
    """What a command does; it runs a loop of its own, so it needs a thread of its own."""
    environment = {"DATABASE_URL": url, "LLM_PROVIDER": "demo", "ATTACHMENTS_URL": files or "memory://"}
    settings = read_settings(environment)
    tools = Tools(
        settings=lambda: settings,
        sections=setting_sections,
        providers=list,
        container=make_container,
        app=make_app,
        schema=schema_status,
        migrate=migrate,
        check_assistant=lambda _: check_assistant(environment),
    )
    return await asyncio.to_thread(CliRunner().invoke, cli, arguments, input=says, obj=tools)


async def test_migrating_an_empty_database(empty: str) -> None:
    assert (await anyport(empty, "migrate", "--check")).exit_code == 1
    assert (await anyport(empty, "migrate")).output == f"The database had schema none and has {HEAD} now.\n"
    assert (await anyport(empty, "migrate")).output == f"The database has schema {HEAD} already.\n"
    assert (await anyport(empty, "migrate", "--check")).exit_code == 0


async def test_memory_has_nothing_to_migrate() -> None:
    refused = (await anyport("memory://", "migrate")).exception
    assert isinstance(refused, SettingsError)
    assert refused.problems[0].variable == "DATABASE_URL"


async def test_a_server_without_the_schema_says_what_to_run(empty: str, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app", "serve"),
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "DATABASE_URL": empty, "LLM_PROVIDER": "demo"},
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaint = await process.communicate()
    assert process.returncode == 1
    assert "anyport migrate" in complaint.decode()


async def test_exporting_a_user(kept: str) -> None:
    result = await anyport(kept, "export", "ann")
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert [record["kind"] for record in records] == ["thread", "item", "turn", "item", "summary", "feedback", "task"]
    assert records[1]["data"]["content"][0]["text"] == "half an emoji \ud83d"
    assert "7 records of ann" in result.stderr


async def test_exporting_many(kept: str) -> None:
    async with storage_at(kept) as storage:
        for number in range(2, 230):
            await storage.threads.add_thread_item("thr_1", message("thr_1", number), ANN)
            await storage.tasks.add(new_task("ann", f"Task {number}", now=NOON))
    result = await anyport(kept, "export", "ann")
    ids = [record["data"]["id"] for record in map(json.loads, result.stdout.splitlines()) if record["kind"] == "item"]
    assert ids == [f"msg_{number}" for number in range(230)]
    assert result.stdout.count('"kind": "task"') == 229


async def test_files_are_exported_and_erased_with_their_user(kept: str, tmp_path: Path) -> None:
    place = f"file://{tmp_path}"
    attachment = FileAttachment(id="atc_1", name="a.txt", mime_type="text/plain", thread_id="thr_1")
    (tmp_path / "atc_1").write_bytes(b"hello")
    (tmp_path / "atc_2").write_bytes(b"somebody else's")
    async with storage_at(kept) as storage:
        await storage.threads.save_attachment(attachment, ANN)
    exported = (await anyport(kept, "export", "ann", files=place)).stdout.splitlines()
    [record] = [record for record in map(json.loads, exported) if record["kind"] == "attachment"]
    assert (record["data"]["name"], base64.b64decode(record["content"])) == ("a.txt", b"hello")
    assert (await anyport(kept, "erase", "ann", says="y\n", files=place)).exit_code == 0
    assert [file.name for file in tmp_path.iterdir()] == ["atc_2"]  # noqa: ASYNC240


async def test_erasing_while_the_files_cannot_be_reached(kept: str, tmp_path: Path) -> None:
    (tmp_path / "atc_1").mkdir()  # It is no file, and cannot be deleted as one.
    attachment = FileAttachment(id="atc_1", name="a.txt", mime_type="text/plain", thread_id="thr_1")
    async with storage_at(kept) as storage:
        await storage.threads.save_attachment(attachment, ANN)
        result = await anyport(kept, "erase", "ann", says="y\n", files=f"file://{tmp_path}")
        assert "Files stay until" in result.stderr
        assert await storage.files.abandoned() == ["atc_1"]


async def test_erasing_a_user_asks_first(kept: str) -> None:
    assert (await anyport(kept, "erase", "ann", says="n\n")).exit_code == 1
    result = await anyport(kept, "erase", "ann", says="y\n")
    assert result.output.endswith("Deleted 1 threads and 1 tasks of ann.\n")
    assert (await anyport(kept, "export", "ann")).stdout == ""
