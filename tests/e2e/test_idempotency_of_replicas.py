"""Idempotency across replicas: a request repeated at another replica is one turn, and is followed there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from secrets import token_hex

import asyncpg
import httpx
import msgspec
import pytest
from chatkit.types import WidgetItem

from tests.chatkit_client import ChatKitClient, user_input
from tests.fleet import fleet
from tests.postgres import Databases
from tests.server import ServerProcess

Fleet = list[ServerProcess]
HELLO = {"type": "threads.create", "params": {"input": user_input("Hello!")}}

LOOKING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT request_%'"
    " AND pid != pg_backend_pid() AND query_start > $1"
)


class House(msgspec.Struct):
    """Clients of one page for three replicas, and their database."""

    clients: list[ChatKitClient]
    database: str
    before: int = 0

    async def threads(self) -> int:
        """Return the number of threads since the start of the test."""
        return await self.count() - self.before

    async def count(self) -> int:
        """Return the number of threads."""
        connection = await asyncpg.connect(self.database)
        try:
            return int(await connection.fetchval("SELECT count(*) FROM threads"))
        finally:
            await connection.close()


@pytest.fixture(scope="module")
async def replicas(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[str, Fleet]]:
    """Three replicas and their database."""
    folder = tmp_path_factory.mktemp("replicas")
    async with databases.fresh() as url, fleet(folder, 3, DATABASE_URL=url, DEMO_DELAY_MS="20") as servers:
        yield url, servers


@pytest.fixture
async def house(replicas: tuple[str, Fleet]) -> AsyncIterator[House]:
    """Page of this test alone, so that it repeats no request of another test."""
    url, servers = replicas
    front_end = {"chatkit-frame-instance-id": f"instance-{token_hex(6)}"}
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(ChatKitClient(server.url, front_end)) for server in servers]
        house = House(clients, url)
        house.before = await house.count()
        yield house


async def post(client: ChatKitClient, body: object) -> httpx.Response:
    """Return the whole response."""
    response = await client.http.post("/chatkit", json=body)
    assert response.status_code == httpx.codes.OK, response.text
    return response


async def leave(client: ChatKitClient, body: object) -> str:
    """Send a request, and disconnect at the first event; return that event."""
    async with client.http.stream("POST", "/chatkit", json=body) as broken:
        return await anext(broken.aiter_lines())


def events(response: httpx.Response) -> list[str]:
    """Return all events, without keep-alive comments."""
    return [line for line in response.text.splitlines() if line.startswith("data: ")]


async def test_at_once_on_all_replicas_and_twice_on_each(house: House) -> None:
    answers = await asyncio.gather(*(post(client, HELLO) for client in house.clients * 2))
    assert len({tuple(events(answer)) for answer in answers}) == 1
    assert len({answer.headers["x-turn-id"] for answer in answers}) == 1
    assert await house.threads() == 1


async def test_after_a_broken_connection_and_anew_when_it_came_whole(house: House) -> None:
    first, second, third = house.clients
    begun = await leave(first, HELLO)
    again = await post(second, HELLO)
    assert events(again)[0] == begun
    assert "thread.item.done" in again.text
    assert await house.threads() == 1
    for client in (first, third):
        assert events(await post(client, HELLO))[0] != begun, "who has the answer says it on purpose"
    assert await house.threads() == 3


async def test_a_message_in_a_thread(house: House) -> None:
    first, second, third = house.clients
    thread = (await third.say("Hello!")).thread_id
    more = {"type": "threads.add_user_message", "params": {"thread_id": thread, "input": user_input("And you?")}}
    begun = await leave(first, more)
    # One replica is notified while the turn runs, the other after its end.
    assert events(await post(second, more))[0] == begun
    page = await third.call("items.list", thread_id=thread, order="asc")
    assert [item["type"] for item in page["data"]] == ["user_message", "assistant_message"] * 2


async def test_a_click_in_a_widget(house: House) -> None:
    first, second, third = house.clients
    task = (await first.http.post("/api/tasks", json={"title": "Paint"})).json()
    exchange = await first.say("Show me my tasks")
    [widget] = [item for item in exchange.items if isinstance(item, WidgetItem)]
    typed = {"id": task["id"], "version": task["version"], "priority": task["priority"], "title": "Paint the fence"}
    action = {"type": "tasks.save", "payload": typed}
    params = {"thread_id": exchange.thread_id, "item_id": widget.id, "action": action}
    click = {"type": "threads.custom_action", "params": params}
    holding, watching = await asyncpg.connect(house.database), await asyncpg.connect(house.database)
    async with holding.transaction():
        # No request can save the task before both have arrived.
        await holding.execute("SELECT FROM tasks WHERE id = $1 FOR UPDATE", task["id"])
        # A connection shows its last statement, which may be of an earlier test.
        held_at = await holding.fetchval("SELECT clock_timestamp()")
        asked = [asyncio.create_task(post(client, click)) for client in (first, second)]
        while not await watching.fetchval(LOOKING, held_at):
            """One replica runs the click, and the other looks for its stored response."""
    answers = await asyncio.gather(*asked)
    await asyncio.gather(holding.close(), watching.close())
    assert len({tuple(events(answer)) for answer in answers}) == 1
    assert "tasks.changed" in answers[0].text
    saved = (await third.http.get(f"/api/tasks/{task['id']}")).json()
    assert (saved["title"], saved["version"]) == ("Paint the fence", task["version"] + 1)
    assert "tasks.changed" not in (await post(third, click)).text, "who has the answer asks anew"


async def test_when_its_turn_has_ended_without_a_signal(house: House) -> None:
    first, second, third = house.clients
    begun = await leave(first, HELLO)
    thread = (await third.call("threads.list"))["data"][0]["id"]
    async with third.http.stream("GET", f"/api/threads/{thread}/stream") as watched:
        await watched.aread()
    again = await post(second, HELLO)
    assert events(again)[0] == begun
    assert "thread.item.done" in again.text
    assert await house.threads() == 1


async def test_after_a_minute_it_is_another_request(house: House) -> None:
    first, second, third = house.clients
    begun = await leave(first, HELLO)
    await leave(second, HELLO)
    connection = await asyncpg.connect(house.database)
    try:
        await connection.execute("UPDATE request_claims SET until = until - interval '1 minute'")
    finally:
        await connection.close()
    assert events(await post(third, HELLO))[0] != begun
    assert await house.threads() == 2


async def test_a_request_that_is_refused_may_be_sent_again(house: House) -> None:
    first, second, _ = house.clients
    wrong = {"type": "threads.add_user_message", "params": {"thread_id": "thr_none", "input": user_input("Hi")}}
    for client in (first, second, first):
        assert (await client.http.post("/chatkit", json=wrong)).status_code == httpx.codes.NOT_FOUND
