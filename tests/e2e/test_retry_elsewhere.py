"""Answers whose replica was killed, asked for again on another one."""

import asyncio
import signal
from pathlib import Path
from typing import Any

import httpx

from tests.chatkit_client import ChatKitClient, user_input
from tests.postgres import Databases
from tests.raw_reader import RawReader
from tests.server import running


async def test_they_are_answered_anew_and_nothing_acts_by_itself(databases: Databases, tmp_path: Path) -> None:
    slow, quick = tmp_path / "slow", tmp_path / "quick"
    slow.mkdir()
    quick.mkdir()
    async with (
        databases.fresh() as url,
        running(slow, {"DATABASE_URL": url, "DEMO_DELAY_MS": "300"}) as one,
        running(quick, {"DATABASE_URL": url, "DEMO_DELAY_MS": "0"}) as other,
        RawReader(one.url, "POST", "/chatkit", asks("count to 500")) as counting,
        RawReader(one.url, "POST", "/chatkit", asks("Add a task: feed the emu")) as acting,
        ChatKitClient(other.url) as client,
    ):
        await counting.until("3 ")
        async with asyncio.timeout(30):
            while not await titles(client):
                """It has not acted yet."""
        await one.stop(signal.SIGKILL)
        await acting.leave()
        await counted_anew(client, other.url, counting.thread_id)
        await acted_only_when_told(client, other.url, acting.thread_id)


async def counted_anew(client: ChatKitClient, url: str, thread: str) -> None:
    """What was said before is replaced, and its events are no more."""
    interrupted = await told(url, thread)
    assert interrupted[-1]["type"] == "error"
    assert interrupted[-1]["allow_retry"]
    question, kept, noted = await items(client, thread)
    assert kept["incomplete_details"] == noted["incomplete_details"] == {"reason": "interrupted"}
    assert interrupted[-2]["item"]["id"] == noted["id"]
    again = await client.events("threads.retry_after_item", thread_id=thread, item_id=question["id"])
    assert [event.item_id for event in again if event.type == "thread.item.removed"] == [noted["id"], kept["id"]]
    left, answer = await items(client, thread)
    assert left == question
    assert "".join(part["text"] for part in answer["content"]).endswith(" 500")
    replayed = await told(url, thread)
    assert [event["type"] for event in replayed] == [event.type for event in again]
    assert not [event for event in replayed if event["type"] == "error"]


async def acted_only_when_told(client: ChatKitClient, url: str, thread: str) -> None:
    """The task that was added before is there once, also when the answer is tried again: the model knows of it."""
    assert (await told(url, thread))[-1]["type"] == "error"
    assert await titles(client) == ["feed the emu"], "recovery runs no tool"
    question = (await items(client, thread))[0]
    assert (await client.say("Hello!", thread)).text
    assert await titles(client) == ["feed the emu"], "nor does the next message"
    *_, newest = await items(client, thread)
    confirmed = {"anyport": {"confirm_removal": newest["id"]}}
    again = await client.confirmed("threads.retry_after_item", confirmed, thread_id=thread, item_id=question["id"])
    assert again[-1].type == "thread.item.done"
    assert await titles(client) == ["feed the emu"], "what was done is not done again"


def asks(text: str) -> dict[str, object]:
    return {"type": "threads.create", "params": {"input": user_input(text)}}


async def told(url: str, thread_id: str) -> list[dict[str, Any]]:
    """All events of the thread's turn, up to its end."""
    async with RawReader(url, "GET", f"/api/threads/{thread_id}/stream") as reader:
        await reader.ended()
        assert reader.status == httpx.codes.OK
        return reader.events


async def items(client: ChatKitClient, thread_id: str) -> list[dict[str, Any]]:
    return list((await client.call("items.list", thread_id=thread_id, order="asc", limit=100))["data"])


async def titles(client: ChatKitClient) -> list[str]:
    return [task["title"] for task in (await client.http.get("/api/tasks")).json()]
