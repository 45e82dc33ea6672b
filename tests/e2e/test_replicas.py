"""One turn, several replicas on one PostgreSQL: started here, followed there, stopped from a third, and recovered."""

import json
import signal
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from chatkit.types import ThreadItemRemovedEvent

from app.adapters.stores.sql.migrations import migrate
from app.environment import Secret
from tests.chatkit_client import ChatKitClient, user_input
from tests.postgres import Databases
from tests.server import ServerProcess, running


@pytest.fixture
async def replicas(databases: Databases, tmp_path: Path) -> AsyncIterator[list[ServerProcess]]:
    """Three servers on one database."""
    async with databases.fresh() as url, AsyncExitStack() as stack:
        await migrate(Secret(url))
        environment = {"DATABASE_URL": url, "DEMO_DELAY_MS": "15", "SHUTDOWN_GRACE_SECONDS": "0.5"}
        folders = [tmp_path / name for name in "abc"]
        for folder in folders:
            folder.mkdir()
        yield [await stack.enter_async_context(running(folder, environment)) for folder in folders]


class Watcher:
    """Follower of a thread's turn, which notes the events."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.events: list[dict[str, Any]] = []

    async def follow(self, client: ChatKitClient, thread: str, after: int = 0) -> AsyncGenerator[None, None]:
        """Every event, one at a time."""
        async with client.http.stream("GET", f"/api/threads/{thread}/stream", params={"after": after}) as response:
            assert response.status_code in (httpx.codes.OK, httpx.codes.NO_CONTENT), await response.aread()
            async for line in response.aiter_lines():
                if line.startswith("id: "):
                    self.numbers.append(int(line.removeprefix("id: ")))
                elif line.startswith("data: "):
                    self.events.append(json.loads(line.removeprefix("data: ")))
                    yield

    @property
    def text(self) -> str:
        """Text of the assistant so far."""
        return "".join(event["update"].get("delta", "") for event in self.events if "update" in event)


async def begun(client: ChatKitClient, text: str, events: int) -> str:
    """Send a message, and disconnect after a number of events; return the thread."""
    thread = ""
    async for event in client.stream("threads.create", input=user_input(text)):
        thread = thread or getattr(getattr(event, "thread", None), "id", "")
        events -= 1
        if not events:
            break
    return thread


async def stored_text(client: ChatKitClient, thread: str) -> str:
    page = await client.call("items.list", thread_id=thread, order="asc")
    parts = [part for item in page["data"] if item["type"] == "assistant_message" for part in item["content"]]
    return "".join(part["text"] for part in parts)


async def test_started_here_followed_there_and_stopped_from_a_third(replicas: list[ServerProcess]) -> None:
    first, second, third = (ChatKitClient(replica.url) for replica in replicas)
    async with first, second, third:
        thread = await begun(first, "count to 1000", 12)
        while not (shown := await stored_text(second, thread)):
            """A page that opens the thread elsewhere sees the text so far."""
        watcher = Watcher()
        async for _ in watcher.follow(second, thread):
            if len(watcher.events) == 60:
                busy = await second.refused("threads.add_user_message", thread_id=thread, input=user_input("And?"))
                assert busy["code"] == "busy"
                assert (await third.http.post(f"/api/threads/{thread}/stop")).status_code == httpx.codes.NO_CONTENT
        assert watcher.numbers == list(range(1, len(watcher.events) + 1))
        assert watcher.text.startswith(shown)
        assert "1000" not in watcher.text
        assert await stored_text(third, thread) == watcher.text, "what is stored is what was shown"
        assert (await third.say("Hello again", thread)).text


async def test_killed_in_the_middle_it_is_recovered_elsewhere(replicas: list[ServerProcess]) -> None:
    async with ChatKitClient(replicas[0].url) as first, ChatKitClient(replicas[1].url) as second:
        thread = await begun(first, "count to 1000", 80)
        await replicas[0].stop(signal.SIGKILL)
        watcher = Watcher()
        async for _ in watcher.follow(second, thread):
            pass
        assert watcher.events[-1]["type"] == "error"
        assert watcher.events[-1]["allow_retry"]
        assert watcher.text
        assert await stored_text(second, thread) == watcher.text
        page = await second.call("items.list", thread_id=thread, order="asc")
        again = second.stream("threads.retry_after_item", thread_id=thread, item_id=page["data"][0]["id"])
        while not isinstance(await anext(again), ThreadItemRemovedEvent):
            pass
        await again.aclose()


async def test_a_shutdown_keeps_what_was_said_and_others_go_on(replicas: list[ServerProcess]) -> None:
    async with ChatKitClient(replicas[0].url) as first, ChatKitClient(replicas[1].url) as second:
        thread = await begun(first, "count to 1000", 30)
        assert await replicas[0].stop() == 0
        watcher = Watcher()
        async for _ in watcher.follow(second, thread):
            pass
        assert watcher.events[-1]["type"] == "error"
        assert await stored_text(second, thread) == watcher.text
        assert (await second.say("Hello again", thread)).text
