"""A second message while one is answered: refused or queued, on whatever replica it arrives; never two at once."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from tests.chatkit_client import ChatKitClient, Exchange, user_input
from tests.fleet import fleet
from tests.postgres import Databases
from tests.raw_reader import RawReader
from tests.server import ServerProcess, running


async def items(client: ChatKitClient, thread_id: str) -> list[dict[str, Any]]:
    page = await client.call("items.list", thread_id=thread_id, order="asc", limit=100)
    return list(page["data"])


def said(item: dict[str, Any]) -> str:
    return "".join(part["text"] for part in item["content"])


def asking(server: ServerProcess, text: str) -> RawReader:
    """Reader of a message in a new thread, who can disconnect."""
    body = {"type": "threads.create", "params": {"input": user_input(text)}}
    return RawReader(server.url, "POST", "/chatkit", body)


async def post(client: ChatKitClient, text: str, thread_id: str) -> Exchange | httpx.Response:
    """The answer, or the refusal."""
    body = {"type": "threads.add_user_message", "params": {"input": user_input(text), "thread_id": thread_id}}
    answer = await client.http.post("/chatkit", json=body)
    return answer if answer.is_error else Exchange([], thread_id)


async def test_one_of_many_at_once_is_answered_and_the_others_are_refused(databases: Databases, tmp_path: Path) -> None:
    async with (
        databases.fresh() as url,
        fleet(tmp_path, 2, DATABASE_URL=url, DEMO_DELAY_MS="20") as (one, other),
        ChatKitClient(one.url) as here,
        ChatKitClient(other.url) as there,
    ):
        thread = (await here.say("Hello!")).thread_id
        for _ in range(2):
            before = len(await items(here, thread))
            clients = [here, there] * 6
            answers = await asyncio.gather(*(post(client, "count to 150", thread) for client in clients))
            refused = [answer for answer in answers if isinstance(answer, httpx.Response)]
            assert {(answer.status_code, answer.json()["code"]) for answer in refused} <= {(409, "busy")}
            assert len(refused) == len(clients) - 1
            new = (await items(there, thread))[before:]
            assert [item["type"] for item in new] == ["user_message", "assistant_message"]
            assert said(new[1]).split() == [str(number) for number in range(1, 151)]


async def test_messages_wait_in_order_on_all_replicas(databases: Databases, tmp_path: Path) -> None:
    settings = {"DEMO_DELAY_MS": "25", "BUSY_THREAD": "queue"}
    async with (
        databases.fresh() as url,
        fleet(tmp_path, 2, DATABASE_URL=url, **settings) as (one, other),
        ChatKitClient(one.url) as here,
        ChatKitClient(other.url) as there,
        RawReader(
            one.url, "POST", "/chatkit", {"type": "threads.create", "params": {"input": user_input("count to 400")}}
        ) as first,
    ):
        await first.until("1 ")
        thread, waiting = first.thread_id, []
        for number, client in enumerate([there, here], 2):
            waiting.append(asyncio.create_task(post(client, f"count to {number}", thread)))
            await queued(url, number - 1)
        answers = await asyncio.gather(*waiting)
        assert all(isinstance(answer, Exchange) for answer in answers)
        found = await items(here, thread)
        assert [item["type"] for item in found] == ["user_message", "assistant_message"] * 3
        assert [said(item) for item in found[::2]] == [f"count to {number}" for number in (400, 2, 3)]
        assert said(found[1]).endswith("400"), "nobody was cut short"


async def queued(url: str, at_most: int) -> None:
    """Wait until the journal has the queue position of a further message."""
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        async with asyncio.timeout(30):
            wanted = min(at_most, 2)  # One message of each replica has a queue position; the others wait for its lock.
            while await connection.fetchval("SELECT count(*) FROM queued_turns") < wanted:
                """The database is asked again."""
    finally:
        await connection.close()


async def test_never_two_at_once_however_many_wait(databases: Databases, tmp_path: Path) -> None:
    settings = {"DEMO_DELAY_MS": "2", "BUSY_THREAD": "queue"}
    async with (
        databases.fresh() as url,
        fleet(tmp_path, 2, DATABASE_URL=url, **settings) as (one, other),
        ChatKitClient(one.url) as here,
        ChatKitClient(other.url) as there,
    ):
        thread = (await here.say("Hello!")).thread_id
        texts = [f"count to {number}" for number in range(2, 14)]
        clients = [here, there] * 6
        answers = await asyncio.gather(*(post(*pair, thread) for pair in zip(clients, texts, strict=True)))
        assert [answer.text for answer in answers if isinstance(answer, httpx.Response)] == []
        found = (await items(there, thread))[2:]
    assert [item["type"] for item in found] == ["user_message", "assistant_message"] * 12
    assert Counter(said(item) for item in found[::2]) == Counter(texts)
    for question, answer in zip(found[::2], found[1::2], strict=True):
        assert said(answer).split()[-1] == said(question).split()[-1]


async def test_in_one_process_they_wait_in_order_too(tmp_path: Path) -> None:
    async with (
        running(tmp_path, {"DEMO_DELAY_MS": "5", "BUSY_THREAD": "queue"}) as server,
        ChatKitClient(server.url) as client,
        asking(server, "count to 60") as first,
    ):
        await first.until("1 ")
        texts = [f"count to {number}" for number in range(2, 8)]
        tasks = []
        for text in texts:
            tasks.append(asyncio.create_task(post(client, text, first.thread_id)))
            await client.http.get("/health")  # Requests of one client arrive in the order they were sent.
        await asyncio.gather(*tasks)
        found = await items(client, first.thread_id)
    assert [said(item) for item in found[2::2]] == texts


async def test_a_message_ends_a_turn_in_grace_on_another_replica_without_signals(
    databases: Databases, tmp_path: Path
) -> None:
    """As behind a pooler, where no NOTIFY arrives: the wish is found in the journal."""
    async with (
        databases.fresh() as url,
        fleet(tmp_path, 2, DATABASE_URL=f"{url}?pgbouncer=true", TURN_GRACE_SECONDS="3600", DEMO_DELAY_MS="20") as pair,
        ChatKitClient(pair[1].url) as there,
        asking(pair[0], "count to 999") as reader,
    ):
        await reader.until("5 ")
        await reader.leave()
        answer = await there.say("Hello again", reader.thread_id)
        assert answer.text
        found = await items(there, reader.thread_id)
        assert said(found[1]) == reader.text, "it ends where its last reader was"
