"""The whole server while its database is not there, goes away in the middle of an answer, and comes back."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from chatkit.types import ErrorEvent, ThreadCreatedEvent, ThreadItemUpdatedEvent, ThreadStreamEvent

from app.adapters.stores.sql.migrations import migrate
from app.environment import Secret
from tests.chatkit_client import ChatKitClient, Exchange, user_input
from tests.postgres import PostgresServer, running_postgres
from tests.server import ServerProcess, running


@pytest.fixture
async def postgres() -> AsyncIterator[PostgresServer]:
    async with running_postgres() as server:
        await migrate(Secret(server.url()))
        yield server


async def test_a_database_that_is_down_stops_the_start(tmp_path: Path, postgres: PostgresServer) -> None:
    await postgres.stop()
    server = ServerProcess(tmp_path, {"DATABASE_URL": postgres.url().replace("postgres@", "postgres:canary@")})
    await server.spawn()
    assert await server.wait() == 1
    await postgres.start()
    assert "DATABASE_URL" in server.log
    assert str(postgres.port) in server.log
    assert "Traceback" not in server.log
    assert "canary" not in server.log


async def test_a_database_without_the_schema_names_the_command(tmp_path: Path, postgres: PostgresServer) -> None:
    server = ServerProcess(tmp_path, {"DATABASE_URL": postgres.url("template1")})
    await server.spawn()
    assert await server.wait() == 1
    assert "anyport migrate" in server.log


async def test_lost_in_the_middle_of_an_answer_and_back_again(tmp_path: Path, postgres: PostgresServer) -> None:
    environment = {"DATABASE_URL": postgres.url(), "DEMO_DELAY_MS": "5", "SAVE_RETRY_SECONDS": "1"}
    async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
        thread, events = "", []
        async for event in client.stream("threads.create", input=user_input("count to 200")):
            events.append(event)
            if isinstance(event, ThreadCreatedEvent):
                thread = event.thread.id
            if sum(isinstance(seen, ThreadItemUpdatedEvent) for seen in events) == 5 and not _errors(events):
                await postgres.kill()
        assert _errors(events)[-1].allow_retry

        down = await client.http.post("/chatkit", json={"type": "threads.list", "params": {}})
        assert down.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert down.json()["message"]
        assert (await client.http.get("/health")).status_code == httpx.codes.SERVICE_UNAVAILABLE

        await postgres.start()
        page = await client.call("items.list", thread_id=thread, order="asc")
        assert [item["type"] for item in page["data"]] == ["user_message"], "the thread is whole"
        again = await client.events("threads.retry_after_item", thread_id=thread, item_id=page["data"][0]["id"])
        assert not _errors(again)
        page = await client.call("items.list", thread_id=thread, order="asc")
        assert [item["type"] for item in page["data"]] == ["user_message", "assistant_message"]


async def test_an_answer_whose_database_went_away_is_shown_to_its_end_and_stored_when_it_is_back(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    environment = {"DATABASE_URL": postgres.url(), "DEMO_DELAY_MS": "5"}
    async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
        events, deltas = [], 0
        async for event in client.stream("threads.create", input=user_input("count to 100")):
            events.append(event)
            deltas += isinstance(event, ThreadItemUpdatedEvent)
            if deltas == 5:
                await postgres.kill()
            elif deltas == 90:
                await postgres.start()
            deltas += deltas in {5, 90}
        exchange = Exchange(events)
        assert not _errors(events)
        page = await client.call("items.list", thread_id=exchange.thread_id, order="asc")
        stored = "".join(part["text"] for part in page["data"][1]["content"])
        assert stored == exchange.text
        assert (await client.say("Hello again", exchange.thread_id)).text


async def test_200_answers_at_once_on_a_pool_of_10(tmp_path: Path, postgres: PostgresServer) -> None:
    environment = {"DATABASE_URL": postgres.url(), "DATABASE_POOL_SIZE": "10", "DEMO_DELAY_MS": "20"} | {
        "MAX_CONCURRENT_TURNS": "0"
    }
    async with running(tmp_path, environment) as server:
        await _all_answer(server, 200)


async def test_50_turns_at_once_on_sqlite(tmp_path: Path) -> None:
    async with running(tmp_path, {"DEMO_DELAY_MS": "0", "MAX_CONCURRENT_TURNS": "0"}) as server:
        await _all_answer(server, 50, "Add a task: one of many")
        async with ChatKitClient(server.url) as client:
            tasks = (await client.http.get("/api/tasks", params={"limit": 500})).json()
    assert len(tasks) == 50
    assert "locked" not in server.log


async def _all_answer(server: ServerProcess, number: int, text: str = "count to 30") -> None:
    """All messages are answered without an error, and all answers run at the same time."""
    async with ChatKitClient(server.url) as client:
        client.http.timeout = httpx.Timeout(120)
        streams = [client.say(text) for _ in range(number)]
        exchanges = await asyncio.gather(*streams)
    assert [exchange.error for exchange in exchanges if exchange.error] == []
    assert all(exchange.text for exchange in exchanges)
    assert len({exchange.thread_id for exchange in exchanges}) == number


def _errors(events: list[ThreadStreamEvent]) -> list[ErrorEvent]:
    return [event for event in events if isinstance(event, ErrorEvent)]
