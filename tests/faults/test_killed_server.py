"""kill -9 in the middle of an answer or an upload, on SQLite: what was said is there after the restart, nothing acts
twice, and nothing is left of a file that was not whole."""

import asyncio
import json
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from tests.chatkit_client import ChatKitClient, user_input
from tests.raw_reader import RawReader
from tests.server import ServerProcess
from tests.uploads import post_file


async def test_an_answer_that_was_killed_is_kept_marked_and_can_be_retried(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, {"DEMO_DELAY_MS": "15"})
    await server.start()
    body = {"type": "threads.create", "params": {"input": user_input("count to 500")}}
    async with RawReader(server.url, "POST", "/chatkit", body) as reader:
        await reader.until("100 ")
        await server.stop(signal.SIGKILL)
        server = await ServerProcess(tmp_path, {"DEMO_DELAY_MS": "0"}, port=server.port).start()
        async with ChatKitClient(server.url) as client:
            thread = reader.thread_id
            question, answer, note = await items(client, thread)
            assert answer["incomplete_details"] == note["incomplete_details"] == {"reason": "interrupted"}
            said = text(answer)
            assert said.startswith("1 2 3 ")
            # Whatever is older than the pause between two writes is there.
            assert int(said.split()[-1]) >= 50
            events = await ended(client, thread)
            assert events[-1]["type"] == "error"
            assert events[-1]["allow_retry"]
            assert (await client.say("Hello again", thread)).error is None
            confirmed = {"anyport": {"confirm_removal": (await items(client, thread))[-1]["id"]}}
            retry = "threads.retry_after_item"
            assert await client.confirmed(retry, confirmed, thread_id=thread, item_id=question["id"])
            kept = await items(client, thread)
            assert text(kept[-1]).endswith("500")
    await server.stop()


async def test_an_upload_that_was_killed_leaves_neither_bytes_nor_a_reservation(tmp_path: Path) -> None:
    size = 8_000_000
    settings = {"ATTACHMENTS_BYTES_PER_USER": str(size), "ATTACHMENT_MAX_BYTES": str(size)}
    server = await ServerProcess(tmp_path, settings).start()
    files = tmp_path / "data" / "attachments"

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(6):
            yield b"all work and no play" * 50_000
        await asyncio.Event().wait()

    async with ChatKitClient(server.url) as client:
        created = await client.call("attachments.create", name="a.txt", size=size, mime_type="text/plain")
        url = created["upload_descriptor"]["url"]
        uploading = asyncio.create_task(client.http.put(url, content=endless()))
        async with asyncio.timeout(30):
            while not any(file.stat().st_size for file in files.glob("*")):  # noqa: ASYNC110  # another process writes it
                await asyncio.sleep(0.02)
        await server.stop(signal.SIGKILL)
        uploading.cancel()
        assert [file.name for file in files.glob("*")] == [f"{created['id']}#1"]
        with closing(sqlite3.connect(tmp_path / "data" / "anyport.db")) as database, database:
            changed = database.execute("UPDATE upload_reservations SET until = '2026-01-01 00:00:00.000000'")
            assert changed.rowcount == 2, "the announcement and the upload; their time is over"

        server = await ServerProcess(tmp_path, settings, port=server.port).start()
        async with asyncio.timeout(30):
            while [*files.glob("*")]:  # noqa: ASYNC110  # another process deletes it
                await asyncio.sleep(0.02)
            while (await post_file(client, "b.txt", b"x" * 7_000_000)).is_error:
                """The room is given back a moment after the bytes are gone."""
        await client.refused("attachments.delete", attachment_id=created["id"])
    await server.stop()


async def test_a_tool_that_acted_before_the_kill_does_not_act_again(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, {"DEMO_DELAY_MS": "300"})
    await server.start()
    body = {"type": "threads.create", "params": {"input": user_input("Add a task: feed the emu")}}
    async with RawReader(server.url, "POST", "/chatkit", body) as reader, ChatKitClient(server.url) as client:
        async with asyncio.timeout(30):
            while not await titles(client):
                """It has not acted yet."""
        assert not [item for item in done(reader) if item["type"] == "assistant_message"]
        await server.stop(signal.SIGKILL)
        server = await ServerProcess(tmp_path, {"DEMO_DELAY_MS": "0"}, port=server.port).start()
        assert await titles(client) == ["feed the emu"]
        await reader.leave()
        assert (await items(client, reader.thread_id))[0]["type"] == "user_message"
        assert (await client.say("Hello again", reader.thread_id)).error is None
        assert await titles(client) == ["feed the emu"]
    await server.stop()


def done(reader: RawReader) -> list[dict[str, Any]]:
    return [event["item"] for event in reader.events if event["type"] == "thread.item.done"]


def text(item: dict[str, Any]) -> str:
    return "".join(part["text"] for part in item["content"])


async def items(client: ChatKitClient, thread_id: str) -> list[dict[str, Any]]:
    return list((await client.call("items.list", thread_id=thread_id, order="asc", limit=100))["data"])


async def titles(client: ChatKitClient) -> list[str]:
    return [task["title"] for task in (await client.http.get("/api/tasks")).json()]


async def ended(client: ChatKitClient, thread_id: str) -> list[dict[str, Any]]:
    """The events of the thread's last turn."""
    response = await client.http.get(f"/api/threads/{thread_id}/stream")
    assert response.status_code == httpx.codes.OK
    lines = [line.removeprefix("data: ") for line in response.text.splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines]
