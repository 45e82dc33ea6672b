"""Change feed of replicas: changes reach pages on another one, with NOTIFY, without it, and after a lost connection."""

import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import msgspec
import pytest

from tests.chatkit_client import ChatKitClient, user_input
from tests.fleet import fleet
from tests.pooler import running_pooler
from tests.postgres import Databases
from tests.raw_reader import RawReader
from tests.server import ServerProcess

Told = AsyncIterator[dict[str, str]]


@asynccontextmanager
async def page(server: ServerProcess) -> AsyncIterator[Told]:
    """Changes that an open page gets."""
    async with ChatKitClient(server.url) as client, client.http.stream("GET", "/api/events") as response:
        lines = response.aiter_lines()
        assert await anext(lines) == ": changes"
        yield (json.loads(line.removeprefix("data: ")) async for line in lines if line.startswith("data: "))


async def until(told: Told, kind: str, thread_id: str) -> set[str]:
    """Wait for a change of the thread; all kinds that it was told of until then. None of them when the page is told
    instead to look at everything, as it is when a replica without LISTEN takes its first look."""
    kinds: set[str] = set()
    async for change in told:
        if change["type"] == "resync":
            return set()
        if change.get("thread_id") == thread_id:
            kinds.add(change["type"])
        if kind in kinds:
            return kinds
    raise AssertionError(f"the stream ended before {kind}")


async def seen_elsewhere(client: ChatKitClient, text: str, told: Told) -> set[str]:
    """Return the changes that a page gets of a thread that is created and deleted."""
    thread = (await client.say(text)).thread_id
    await client.call("threads.delete", thread_id=thread)
    return await until(told, "thread.deleted", thread)


class Pair(msgspec.Struct):
    """Two replicas, and the database behind them."""

    one: ServerProcess
    other: ServerProcess
    database: str


@pytest.fixture(scope="module", params=["directly", "through a pooler"])
async def pair(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Pair]:
    """Once for each way to the database."""
    async with databases.fresh() as url, running_pooler(url, transactions=True) as (_, through):
        pooled = request.param == "through a pooler"
        address = f"{through}?pgbouncer=true&sslmode=prefer" if pooled else url
        folder = tmp_path_factory.mktemp("pair")
        async with fleet(folder, 2, DATABASE_URL=address, DEMO_DELAY_MS="15") as (one, other):
            yield Pair(one, other, url)


async def test_a_page_on_another_replica_is_notified(pair: Pair) -> None:
    async with page(pair.other) as told, ChatKitClient(pair.one.url) as client:
        for text in ("Add a task: be seen elsewhere", "Hello!"):
            assert {"thread.created", "item.added"} <= (
                await seen_elsewhere(client, text, told) or await seen_elsewhere(client, text, told)
            )


@pytest.mark.parametrize("pair", ["through a pooler"], indirect=True)
async def test_followed_and_stopped_through_a_pooler(pair: Pair) -> None:
    async with (
        RawReader(pair.one.url, "POST", "/chatkit", asks("count to 900")) as reader,
        ChatKitClient(pair.other.url) as client,
    ):
        await reader.until("3 ")
        async with RawReader(pair.other.url, "GET", f"/api/threads/{reader.thread_id}/stream") as follower:
            await follower.until("40 ")
            await client.http.post(f"/api/threads/{reader.thread_id}/stop")
            await follower.leave()
        found = await client.call("items.list", thread_id=reader.thread_id, order="asc")
        said = "".join(part["text"] for part in found["data"][1]["content"])
        assert said.startswith(follower.text)
        assert "900" not in said
        # A stop that was looked up late must not hit the turn behind it.
        assert (await client.say("count to 150", reader.thread_id)).text.endswith("150")


@pytest.mark.parametrize("pair", ["directly"], indirect=True)
async def test_a_line_that_was_cut_is_made_up_for(pair: Pair) -> None:
    connection = await asyncpg.connect(pair.database)
    async with page(pair.other) as told, ChatKitClient(pair.one.url) as client:
        await until(told, "thread.created", (await client.say("Hello!")).thread_id)
        cut = await connection.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND query LIKE 'SELECT pg_notify($1, $2)%'"
        )
        assert len(cut) == 2, "one connection a replica listens"
        await client.say("Said while nobody listens")
        while (await anext(told))["type"] != "resync":
            """What was lost is looked up."""
        await until(told, "thread.created", (await client.say("Hello!")).thread_id)
    await connection.close()


async def test_pages_are_notified_of_recovered_turns(databases: Databases, tmp_path: Path) -> None:
    async with (
        databases.fresh() as url,
        fleet(tmp_path, 2, DATABASE_URL=url, DEMO_DELAY_MS="15") as (one, other),
        page(other) as told,
        RawReader(one.url, "POST", "/chatkit", asks("count to 900")) as reader,
    ):
        await reader.until("60 ")
        await until(told, "item.added", reader.thread_id)
        await one.stop(signal.SIGKILL)
        await until(told, "item.added", reader.thread_id)
        async with ChatKitClient(other.url) as client:
            found = await client.call("items.list", thread_id=reader.thread_id, order="asc")
        # The task marks the answer as interrupted.
        assert [item["type"] for item in found["data"]] == ["user_message", "assistant_message", "task"]


def asks(text: str) -> dict[str, object]:
    return {"type": "threads.create", "params": {"input": user_input(text)}}
