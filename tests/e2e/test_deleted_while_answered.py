"""A thread that is deleted while it is answered: its streams end quietly, on every store and from every replica."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app.adapters.auth.single_user import LOCAL_USER
from app.adapters.stores import open_storage
from app.domain.identity import RequestContext
from app.environment import Secret
from app.ports.storage import Storage
from tests.chatkit_client import ChatKitClient, user_input
from tests.fleet import fleet
from tests.postgres import Databases
from tests.server import ServerProcess

ANN = RequestContext(user_id=LOCAL_USER)
SLOW = {"DEMO_DELAY_MS": "20", "MAX_CONCURRENT_TURNS": "0"}


class Place:
    """Servers on one store, and the store itself, where others can reach it."""

    def __init__(self, servers: Sequence[ServerProcess], storage: Storage | None) -> None:
        self.servers, self.storage = servers, storage


@pytest.fixture(scope="module", params=["memory", "sqlite", "postgresql"])
async def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, databases: Databases
) -> AsyncIterator[Place]:
    """Each store in turn; PostgreSQL has two replicas."""
    folder = tmp_path_factory.mktemp("deleted")
    match request.param:
        case "memory":
            async with fleet(folder, 1, DATABASE_URL="memory://", **SLOW) as servers:
                yield Place(servers, None)
        case "sqlite":
            async with on(f"sqlite:///{folder}/a.db", folder, 1) as place:
                yield place
        case _:
            async with databases.fresh() as url, on(url, folder, 2) as place:
                yield place


@asynccontextmanager
async def on(url: str, folder: Path, count: int) -> AsyncIterator[Place]:
    async with fleet(folder, count, DATABASE_URL=url, **SLOW) as servers:
        storage = open_storage(Secret(url))
        await storage.start()
        yield Place(servers, storage)
        await storage.aclose()


class Reading:
    """An answer that is being given, and all that its reader is sent."""

    def __init__(self, client: ChatKitClient, text: str) -> None:
        self.events: list[dict[str, Any]] = []
        self._has_words = asyncio.Event()
        self._client, self._text = client, text
        self.reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        body = {"type": "threads.create", "params": {"input": user_input(self._text)}}
        async with self._client.http.stream("POST", "/chatkit", json=body) as response:
            async for line in response.aiter_lines():
                if line.startswith("data: "):
                    self.events.append(json.loads(line.removeprefix("data: ")))
                    if "update" in self.events[-1]:
                        self._has_words.set()

    async def thread(self) -> str:
        """The thread, once its answer has begun."""
        await self._has_words.wait()
        return str(self.events[0]["thread"]["id"])

    async def ended(self) -> None:
        """Wait for the end; nothing was said of an error, and no item stays open."""
        async with asyncio.timeout(20):
            await self.reading
        assert [event for event in self.events if event["type"] in {"error", "notice"}] == []
        begun = {event["item"]["id"] for event in self.events if event["type"] == "thread.item.added"}
        done = {event["item"]["id"] for event in self.events if event["type"] == "thread.item.done"}
        removed = {event["item_id"] for event in self.events if event["type"] == "thread.item.removed"}
        assert begun <= done | removed


async def deleted_by_its_user(place: Place, server: ServerProcess, thread: str) -> None:
    async with ChatKitClient(server.url) as client:
        await client.call("threads.delete", thread_id=thread)


async def deleted_in_the_store(place: Place, server: ServerProcess, thread: str) -> None:
    """By retention, or by another program."""
    assert place.storage is not None
    await place.storage.threads.delete_thread(thread, ANN)


async def erased(place: Place, server: ServerProcess, thread: str) -> None:
    assert place.storage is not None
    await place.storage.erase(LOCAL_USER)


WAYS: Sequence[Callable[[Place, ServerProcess, str], Awaitable[None]]] = (
    deleted_by_its_user,
    deleted_in_the_store,
    erased,
)


async def test_its_stream_ends_without_a_word(place: Place) -> None:
    here, there = place.servers[0], place.servers[-1]
    async with ChatKitClient(here.url) as client, ChatKitClient(there.url) as elsewhere:
        for delete in WAYS if place.storage is not None else WAYS[:1]:
            # One answer ends before its thread is deleted, and one is ended by the deletion.
            for text in ("count to 12", "count to 200"):
                reading = Reading(client, text)
                thread = await reading.thread()
                following = asyncio.create_task(elsewhere.http.get(f"/api/threads/{thread}/stream"))
                await delete(place, there, thread)
                await reading.ended()
                assert '"type":"error"' not in (await following).text
        assert (await client.call("threads.list"))["data"] == [], "nothing brought it back"
        said = await client.say("Hello!")
        assert said.text, "and the server is none the worse"
    for server in place.servers:
        assert "Traceback" not in server.log
        assert "[error" not in server.log, server.log
        assert "[warning" not in server.log, server.log
