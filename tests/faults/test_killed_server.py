"""kill -9 in the middle of an answer, on SQLite: what was said is there after the restart, and nothing acts twice."""

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import httpx

from tests.chatkit_client import ChatKitClient, user_input
from tests.raw_reader import RawReader
from tests.server import ServerProcess


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
            again = await client.events("threads.retry_after_item", thread_id=thread, item_id=question["id"])
            assert again
            kept = await items(client, thread)
            assert text(kept[-1]).endswith("500")
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
