"""Guardrails in a real server: the sentence for the user, and what stays of the rejected on each store."""

import asyncio
import json
import os
import sqlite3
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
from chatkit.types import ThreadItemRemovedEvent, WorkflowItem

from tests.assistants.guards import DECIDE, REJECTED
from tests.chatkit_client import ChatKitClient, Exchange, user_input
from tests.fakes.chat_wire import OpenAIChat
from tests.fakes.dialects import SECRET, Call
from tests.fakes.upstream import Hold, Upstream, stream
from tests.postgres import Databases
from tests.server import ROOT, ServerProcess, running

WIRE = OpenAIChat()
INPUT = "Not here: input, no schoolwork, Triage, schoolwork."
OUTPUT = "Not here: output, no secrets, Triage, nothing more."


class Chat(msgspec.Struct):
    """A server with the assistant, on one store, and the fake of its model."""

    client: ChatKitClient
    upstream: Upstream
    server: ServerProcess
    folder: Path
    database: str

    async def items(self, thread_id: str) -> list[Any]:
        """The items of a thread as a page that is opened later reads them."""
        page: dict[str, Any] = await self.client.call("items.list", thread_id=thread_id, order="asc", limit=100)
        return list(page["data"])

    async def stored(self) -> str:
        """Everything in the database, as text."""
        if self.database.startswith("postgresql"):
            connection = await asyncpg.connect(self.database)
            try:
                names = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
                rows = [await connection.fetch(f'select * from "{name[0]}"') for name in names]  # noqa: S608
            finally:
                await connection.close()
            return "".join(_text(value) for table in rows for row in table for value in row)
        return await asyncio.to_thread(_sqlite_text, self.folder)

    def sent(self) -> str:
        """The newest request to the model, as text."""
        return json.dumps(self.upstream.requests[-1].body)


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _sqlite_text(folder: Path) -> str:
    """Every value of every table of each SQLite file, and the bytes of files beside them."""
    text = ""
    for path in folder.rglob("*.db"):
        with sqlite3.connect(path) as database:
            for (name,) in database.execute("select name from sqlite_master where type = 'table'").fetchall():
                text += "".join(_text(value) for row in database.execute(f'select * from "{name}"') for value in row)  # noqa: S608
    return text


def settings(upstream: Upstream, **more: str) -> dict[str, str]:
    return {
        "ASSISTANT": "tests.assistants.guards:guards",
        "OPENAI_API_KEY": SECRET,
        "OPENAI_BASE_URL": f"{upstream.url}/v1",
        "OPENAI_MODEL": "llama3.2",
        **more,
    }


@pytest.fixture(scope="module", params=["memory", "sqlite", "postgresql"])
async def chat(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, databases: Databases
) -> AsyncGenerator[Chat, None]:
    folder = tmp_path_factory.mktemp(f"guards-{request.param}")
    async with Upstream(WIRE.guard) as upstream, databases.fresh() as postgres:
        addresses = {"memory": "memory://", "sqlite": f"sqlite:///{folder}/guards.db", "postgresql": postgres}
        environment = settings(upstream, DATABASE_URL=addresses[request.param])
        async with running(folder, environment) as server, ChatKitClient(server.url) as client:
            yield Chat(client, upstream, server, folder, addresses[request.param])


def removed(exchange: Exchange) -> set[str]:
    return {event.item_id for event in exchange.events if isinstance(event, ThreadItemRemovedEvent)}


def texts(items: list[Any]) -> list[str]:
    return ["".join(part["text"] for part in item["content"]) for item in items if "content" in item]


async def test_a_blocking_guardrail_costs_no_token_and_the_message_is_never_sent(chat: Chat) -> None:
    before = len(chat.upstream.requests)
    exchange = await chat.client.say("Do my homework.")
    assert exchange.text == INPUT
    assert exchange.error is None
    assert len(chat.upstream.requests) == before
    chat.upstream.script(WIRE.text("Good day."))
    again = await chat.client.say("Hello!", exchange.thread_id)
    # The guardrail looks at the whole input: the rejected message would trip it for ever.
    assert again.text == "Good day."
    assert "homework" not in chat.sent()
    assert INPUT in chat.sent()
    assert texts(await chat.items(exchange.thread_id)) == ["Do my homework.", INPUT, "Hello!", "Good day."]
    assert "guardrail tripped" in chat.server.log


async def test_a_rejected_message_can_be_sent_again_in_other_words(chat: Chat) -> None:
    exchange = await chat.client.say("Do my homework.")
    [message, *_] = await chat.items(exchange.thread_id)
    events = await chat.client.events("threads.retry_after_item", thread_id=exchange.thread_id, item_id=message["id"])
    assert Exchange(events).text == INPUT


async def test_what_a_parallel_guardrail_stops_is_cancelled_and_leaves_nothing(chat: Chat) -> None:
    chat.upstream.hung_up.clear()
    chat.upstream.script(stream(*WIRE.begin("They say"), Hold()))
    decide, events = chat.folder / DECIDE, []
    try:
        async for event in chat.client.stream("threads.create", input=user_input("Some gossip, in a moment.")):
            events.append(event)
            if "They say" in event.model_dump_json():
                decide.touch()
    finally:
        decide.unlink(missing_ok=True)
    async with asyncio.timeout(10):
        await chat.upstream.hung_up.wait()
    exchange = Exchange(events)
    items = await chat.items(exchange.thread_id)
    # The assistant's function for the sentence fails here, so the default one is shown.
    assert [item["type"] for item in items] == ["user_message", "assistant_message"]
    assert texts(items)[1].startswith("I cannot answer this message")
    assert "They say" not in await chat.stored()
    assert "the sentence is broken" in chat.server.log
    chat.upstream.script(WIRE.text("Good day."))
    assert (await chat.client.say("Hello!", exchange.thread_id)).text == "Good day."
    assert "gossip" not in chat.sent()


async def test_a_rejected_answer_is_removed_from_the_page_and_told_to_nobody(chat: Chat) -> None:
    chat.upstream.script(
        WIRE.calls(Call("lookup", {"word": "Ann"})), WIRE.text("These are ", f"{REJECTED}, sixteen of them.")
    )
    exchange = await chat.client.say("What do you know?")
    streamed = "".join(event.model_dump_json() for event in exchange.events)
    assert "sixteen" in streamed, "the answer is shown while it is written, as in stock ChatKit"
    assert exchange.text.endswith(OUTPUT)
    workflows = {item.id for item in exchange.items if isinstance(item, WorkflowItem)}
    assert workflows
    assert workflows <= removed(exchange)
    items = await chat.items(exchange.thread_id)
    assert texts(items) == ["What do you know?", OUTPUT]
    assert [item["type"] for item in items] == ["user_message", "assistant_message"]
    chat.upstream.script(WIRE.text("Good."))
    await chat.client.say("And now?", exchange.thread_id)
    assert "sixteen" not in chat.sent()
    assert "found Ann" not in chat.sent()
    assert OUTPUT in chat.sent()
    assert "lookup" in json.dumps(chat.upstream.requests[-1].body["messages"])


async def test_nothing_of_a_rejected_answer_is_left_in_the_database(chat: Chat) -> None:
    chat.upstream.script(WIRE.text("These are ", f"{REJECTED}, seventeen of them."))
    exchange = await chat.client.say("What do you know?")
    stream_of_turn = await chat.client.http.get(f"/api/threads/{exchange.thread_id}/stream?after=0")
    assert "seventeen" not in stream_of_turn.text
    assert "seventeen" not in await chat.stored()
    assert "seventeen" not in chat.server.log


async def test_a_tool_s_result_that_is_the_rejected_answer_is_left_nowhere(chat: Chat) -> None:
    chat.upstream.script(
        WIRE.calls(Call("transfer_to_teller", {})), WIRE.calls(Call("quote", {"word": "the eighteenth"}))
    )
    exchange = await chat.client.say("Tell me.")
    assert exchange.text.endswith("Not here: output, no secrets, Teller, nothing more.")
    assert f"{REJECTED}: the eighteenth" not in await chat.stored()
    assert len(await chat.items(exchange.thread_id)) == 2


async def test_the_guardrails_of_an_agent_that_was_handed_the_chat_count(chat: Chat) -> None:
    chat.upstream.script(WIRE.calls(Call("transfer_to_specialist", {})), WIRE.text(f"{REJECTED}, nineteen"))
    exchange = await chat.client.say("Ask the specialist.")
    assert exchange.text.endswith("Not here: output, no secrets, Specialist, nothing more.")
    assert "nineteen" not in json.dumps(await chat.items(exchange.thread_id))


async def test_a_guardrail_of_an_agent_inside_a_tool_is_an_error_for_the_model(chat: Chat) -> None:
    chat.upstream.script(WIRE.calls(Call("ask_inner", {"input": "my homework"})), WIRE.text("It did not work."))
    exchange = await chat.client.say("Ask the inner one.")
    assert exchange.text == "It did not work."
    assert "error" in json.dumps(chat.upstream.requests[-1].body["messages"][-1]).lower()


async def test_a_call_that_a_guardrail_does_not_allow_ends_the_answer_with_the_sentence(chat: Chat) -> None:
    chat.upstream.script(WIRE.calls(Call("lookup", {"word": "forbidden"})))
    exchange = await chat.client.say("Look it up.")
    assert exchange.text == "Not here: tool_input, no forbidden words, Triage, nothing more."
    chat.upstream.script(WIRE.text("Good day."))
    assert (await chat.client.say("Hello!", exchange.thread_id)).text == "Good day."
    assert "forbidden" not in json.dumps(chat.upstream.requests[-1].body["messages"]).replace(exchange.text, "")


async def test_a_result_that_a_guardrail_rejects_reaches_nobody(chat: Chat) -> None:
    chat.upstream.script(WIRE.calls(Call("lookup", {"word": "the leak"})))
    exchange = await chat.client.say("Look it up.")
    assert exchange.text == "Not here: tool_output, no leaks, Triage, nothing more."
    assert "found the leak" not in await chat.stored()
    chat.upstream.script(WIRE.calls(Call("lookup", {"word": "a number"})), WIRE.text("I may not say it."))
    assert (await chat.client.say("And this?", exchange.thread_id)).text == "I may not say it."
    assert "The number is not for you." in chat.sent()
    assert "found a number" not in chat.sent()
    assert "found a number" not in await chat.stored()


async def test_a_call_that_a_guardrail_rejects_is_told_to_the_model(chat: Chat) -> None:
    chat.upstream.script(WIRE.calls(Call("lookup", {"word": "impolite"})), WIRE.text("I will ask politely."))
    assert (await chat.client.say("Look it up.")).text == "I will ask politely."
    assert "Ask politely." in chat.sent()


async def test_the_tokens_of_rejected_answers_count(chat: Chat) -> None:
    before = (await chat.client.http.get("/api/usage")).json()["tokens"]["used"]
    chat.upstream.script(WIRE.text(f"{REJECTED}"))
    await chat.client.say("What do you know?")
    after = (await chat.client.http.get("/api/usage")).json()["tokens"]["used"]
    assert after - before == 16


async def test_no_model_writes_a_title_for_what_was_rejected(tmp_path: Path) -> None:
    async with Upstream(WIRE.guard) as upstream:
        environment = settings(upstream, DATABASE_URL="memory://", TITLES="model")
        async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
            await client.say("Do my homework.")
            upstream.script(WIRE.text(f"{REJECTED}, twenty"))
            exchange = await client.say("What do you know?")
            thread = await client.call("threads.get_by_id", thread_id=exchange.thread_id)
            assert thread["title"] == "What do you know?"
            upstream.always(WIRE.text("A title"))
            await client.say("Hello!")
            await upstream.received(3)
            assert not any("homework" in json.dumps(request.body) for request in upstream.requests)
            assert len(upstream.requests) == 3


@pytest.mark.parametrize("asked", ["crash the check", "lie to the check"])
async def test_a_guardrail_that_crashes_shows_nothing_and_says_so(chat: Chat, asked: str) -> None:
    before = len(chat.upstream.requests)
    exchange = await chat.client.say(f"Please {asked}.")
    assert exchange.error is not None
    assert "check of this chat failed" in (exchange.error.message or "")
    assert len(chat.upstream.requests) == before
    assert "no schoolwork" in chat.server.log
    assert "Traceback" in chat.server.log


async def test_an_output_guardrail_that_crashes_lets_nothing_pass(chat: Chat) -> None:
    chat.upstream.script(WIRE.text("Now I ", "crash the last check, twenty-one"))
    exchange = await chat.client.say("What do you know?")
    assert exchange.error is not None
    assert "check of this chat failed" in (exchange.error.message or "")
    assert texts(await chat.items(exchange.thread_id)) == ["What do you know?"]
    assert "twenty-one" not in await chat.stored()
    chat.upstream.script(WIRE.text("Good day."))
    assert (await chat.client.say("Hello!", exchange.thread_id)).text == "Good day."
    assert "twenty-one" not in chat.sent()


async def test_a_user_s_export_holds_the_turns_and_nothing_that_was_rejected(chat: Chat) -> None:
    if chat.database == "memory://":
        return  # Another process cannot read it.
    chat.upstream.script(WIRE.text(f"{REJECTED}, twenty-two"))
    await chat.client.say("What do you know?")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app", "export", "local"),
        cwd=chat.folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATABASE_URL": chat.database},
        stdout=asyncio.subprocess.PIPE,
    )
    exported, _ = await process.communicate()
    assert "twenty-two" not in exported.decode()
    turns = [record["data"] for line in exported.splitlines() if (record := json.loads(line))["kind"] == "turn"]
    assert any(turn["error"] == "guardrail" and turn["usage"]["input_tokens"] == 11 for turn in turns)
