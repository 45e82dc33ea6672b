"""Replicas whose clocks are wrong, on a PostgreSQL that has the right one: seconds ahead, and hours behind."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import httpx
import pytest

from tests.chatkit_client import ChatKitClient, Exchange, user_input
from tests.postgres import Databases
from tests.raw_reader import RawReader
from tests.server import ServerProcess
from tests.skew import skewed
from tests.uploads import announce, send_bytes

RIGHT, AHEAD, BEHIND = 0, 30, -3 * 3600

Replicas = Mapping[int, ServerProcess]


@pytest.fixture(scope="module")
async def database(databases: Databases) -> AsyncIterator[str]:
    async with databases.fresh() as url:
        yield url


@pytest.fixture(scope="module")
async def replicas(database: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Replicas]:
    """One of each clock, by the seconds that it is ahead."""
    files = tmp_path_factory.mktemp("files")
    shared = {"DATABASE_URL": database, "ATTACHMENTS_URL": f"file://{files}", "RATE_LIMIT_PER_MINUTE": "100000"}
    settings = {**shared, "DEMO_DELAY_MS": "20", "BUSY_THREAD": "queue"}

    def replica(ahead: int) -> ServerProcess:
        folder = tmp_path_factory.mktemp("replica")
        if ahead == RIGHT:
            return ServerProcess(folder, settings)
        # Unwatched: reading a false clock takes longer, and the watch reads it at each step.
        return ServerProcess(folder, {**settings, **skewed(ahead)}, command=("app", "serve"))

    servers = {ahead: replica(ahead) for ahead in (RIGHT, AHEAD, BEHIND)}
    async with AsyncExitStack() as stack:
        for server in servers.values():
            await server.spawn()
            stack.push_async_callback(server.stop)
        await asyncio.gather(*(server.healthy() for server in servers.values()))
        yield servers


def asking(server: ServerProcess, text: str) -> RawReader:
    body = {"type": "threads.create", "params": {"input": user_input(text)}}
    return RawReader(server.url, "POST", "/chatkit", body)


async def rows(database: str, query: str) -> list[Any]:
    connection = await asyncpg.connect(database)
    try:
        return list(await connection.fetch(query))
    finally:
        await connection.close()


async def until(database: str, query: str, wanted: object) -> None:
    async with asyncio.timeout(20):
        while (await rows(database, query))[0][0] != wanted:
            """The database is asked again."""


async def test_answers_run_to_their_end_on_all_of_them(replicas: Replicas) -> None:
    """For longer than each waits before it looks for turns that were left."""
    lasts = dict(zip(replicas, range(250, 253), strict=True))
    async with AsyncExitStack() as stack:
        requests = [asking(server, f"count to {lasts[ahead]}") for ahead, server in replicas.items()]
        readers = [await stack.enter_async_context(reader) for reader in requests]
        await asyncio.gather(*(reader.ended() for reader in readers))
    for reader, last in zip(readers, lasts.values(), strict=True):
        assert reader.text.split() == [str(number) for number in range(1, last + 1)]
        assert [event for event in reader.events if event["type"] == "error"] == []
    for server in replicas.values():
        assert "silent" not in server.log, "nobody was taken for dead"


async def test_a_thread_that_wanders_between_them_keeps_its_order(replicas: Replicas) -> None:
    thread, said = None, []
    for number, ahead in enumerate([AHEAD, BEHIND, AHEAD, RIGHT, BEHIND, RIGHT], 1):
        async with ChatKitClient(replicas[ahead].url) as client:
            thread = (await client.say(f"count to {number}", thread)).thread_id
            said.append(f"count to {number}")
    for server in replicas.values():
        async with ChatKitClient(server.url) as client:
            found = (await client.call("items.list", thread_id=thread, order="asc", limit=100))["data"]
        assert [item["type"] for item in found] == ["user_message", "assistant_message"] * 6
        assert [item["content"][0]["text"] for item in found[::2]] == said
        assert [item["content"][0]["text"].split()[-1] for item in found[1::2]] == list("123456")


async def test_threads_and_tasks_are_listed_as_they_came(replicas: Replicas) -> None:
    order = [AHEAD, BEHIND, RIGHT, AHEAD, BEHIND]
    threads, titles = [], [f"errand {number}" for number in range(len(order))]
    for title, ahead in zip(titles, order, strict=True):
        async with ChatKitClient(replicas[ahead].url) as client:
            threads.append((await client.say("count to 1")).thread_id)
            assert (await client.http.post("/api/tasks", json={"title": title})).is_success
    async with ChatKitClient(replicas[AHEAD].url) as client:
        newest = (await client.call("threads.list", limit=len(order), order="desc"))["data"]
        tasks = (await client.http.get("/api/tasks")).json()
    assert [thread["id"] for thread in newest] == threads[::-1]
    assert sorted(threads) == threads, "ids are ordered by time on all of them"
    assert [task["title"] for task in tasks] == titles


async def test_messages_wait_in_the_order_in_which_they_came(replicas: Replicas, database: str) -> None:
    async def say(text: str, ahead: int, thread: str) -> None:
        async with ChatKitClient(replicas[ahead].url) as client:
            assert (await client.say(text, thread)).error is None

    async with asking(replicas[RIGHT], "count to 120") as first:
        await first.until("1 ")
        waiting = []
        for number, ahead in enumerate([AHEAD, BEHIND], 1):
            waiting.append(asyncio.create_task(say(f"count to {number}", ahead, first.thread_id)))
            await until(database, "SELECT count(*) FROM queued_turns", number)
        await asyncio.gather(first.ended(), *waiting)
    async with ChatKitClient(replicas[RIGHT].url) as client:
        found = (await client.call("items.list", thread_id=first.thread_id, order="asc", limit=100))["data"]
    asked = [item["content"][0]["text"] for item in found if item["type"] == "user_message"]
    assert asked == [f"count to {number}" for number in (120, 1, 2)]


async def test_one_request_that_is_repeated_elsewhere_is_answered_once(replicas: Replicas) -> None:
    page = {"chatkit-frame-instance-id": "a page that tries again"}

    async def ask(ahead: int) -> Exchange:
        async with ChatKitClient(replicas[ahead].url, page) as client:
            return await client.say("count to 50")

    answers = await asyncio.gather(*(ask(ahead) for ahead in (BEHIND, AHEAD, RIGHT)))
    assert len({answer.thread_id for answer in answers}) == 1
    assert {answer.text.split()[-1] for answer in answers} == {"50"}


async def test_a_link_is_open_as_long_wherever_it_was_made(replicas: Replicas) -> None:
    for maker, reader in ((BEHIND, AHEAD), (AHEAD, BEHIND)):
        async with ChatKitClient(replicas[maker].url) as client:
            created = await announce(client, "a.txt", b"hello")
        url = httpx.URL(created["upload_descriptor"]["url"]).copy_with(port=replicas[reader].port)
        created["upload_descriptor"]["url"] = str(url)
        assert (await send_bytes(client, created, b"hello")).is_success


async def test_requests_are_counted_in_the_same_minute(replicas: Replicas, database: str) -> None:
    for server in replicas.values():
        async with ChatKitClient(server.url) as client:
            await client.call("threads.list", limit=1)
    await until(database, "SELECT coalesce(sum(amount), 0) >= 3 FROM counters WHERE key ~ '^requests:'", True)
    query = "SELECT substring(key FROM 10 FOR 16), now() FROM counters WHERE key ~ '^requests:'"
    for minute, now in await rows(database, query):
        age = now - dt.datetime.strptime(f"{minute}+0000", "%Y-%m-%dT%H:%M%z")
        assert dt.timedelta(0) <= age < dt.timedelta(minutes=10)


async def test_a_process_that_lost_its_turn_logs_it_and_stops(replicas: Replicas, database: str) -> None:
    async with asking(replicas[AHEAD], "count to 2000") as reader:
        await reader.until("10 ")
        # As a replica does when the lease of the owner has expired.
        await rows(database, "UPDATE running_turns SET owner = 'proc_other' WHERE ended_at IS NULL")
        await reader.ended()
    error = reader.events[-1]
    assert (error["type"], error["allow_retry"]) == ("error", True)
    assert "lost touch" in error["message"]
    assert int(reader.text.split()[-1]) < 2000
    assert "lease lost" in replicas[AHEAD].log
    async with ChatKitClient(replicas[RIGHT].url) as client:
        found = (await client.call("items.list", thread_id=reader.thread_id, order="asc", limit=100))["data"]
    assert [item["type"] for item in found] == ["user_message", "assistant_message", "task"]
