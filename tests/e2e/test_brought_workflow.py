"""Exported workflows over HTTP: what is shown and stored, what later turns are told, and what the start says."""

import asyncio
import json
import signal
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
from chatkit.types import ThreadCreatedEvent, ThreadItemRemovedEvent

from app.adapters.stores.sql.migrations import migrate
from app.environment import Secret
from tests.chatkit_client import ChatKitClient, Exchange, user_input
from tests.e2e.test_replicas import Watcher, stored_text
from tests.fakes.dialects import SECRET, Call
from tests.fakes.hosted_wire import Hosted
from tests.fakes.responses_wire import Responses
from tests.fakes.upstream import Hold, Reply, Upstream, stream
from tests.postgres import Databases
from tests.server import ROOT, ServerProcess, running

WIRE = Responses()
CALL = Call("look_up", {"topic": "Ulm"})


def settings(upstream: Upstream, name: str, **more: str) -> dict[str, str]:
    """The environment of a server with this workflow, on the Responses API."""
    return {
        "ASSISTANT": f"tests.assistants.{name}:run_workflow",
        "OPENAI_API_KEY": SECRET,
        "OPENAI_API": "responses",
        "OPENAI_BASE_URL": f"{upstream.url}/v1",
        "QUOTA_TOKENS_PER_DAY": "1000000",
        **more,
    }


class Desk(msgspec.Struct):
    """A server with a workflow, and the service of its models."""

    client: ChatKitClient
    upstream: Upstream
    server: ServerProcess

    async def say(self, *replies: Reply, thread: str | None = None, text: str = "Go.") -> Exchange:
        """One message, and the replies of the models."""
        self.upstream.script(*replies)
        exchange = await self.client.say(text, thread)
        assert exchange.error is None, (exchange.error, self.server.log[-3000:])
        return exchange

    async def stored(self, thread: str) -> list[dict[str, Any]]:
        """The items of a thread, oldest first."""
        page = await self.client.call("items.list", thread_id=thread, order="asc")
        items: list[dict[str, Any]] = page["data"]
        return items

    def told(self, number: int) -> list[str]:
        """Role or kind of each item of a request."""
        return [item.get("role") or item["type"] for item in self.upstream.requests[number].body["input"]]

    async def tokens(self) -> int:
        """The tokens that count against the user's quota so far."""
        used: int = (await self.client.http.get("/api/usage")).json()["tokens"]["used"]
        return used


@pytest.fixture(scope="module")
async def chain(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Desk, None]:
    async with Upstream(WIRE.guard) as upstream:
        folder = tmp_path_factory.mktemp("chain")
        async with (
            running(folder, settings(upstream, "exported_chain")) as server,
            ChatKitClient(server.url) as client,
        ):
            yield Desk(client, upstream, server)


def replies() -> list[Reply]:
    return [WIRE.calls(CALL), WIRE.text("It is 42."), WIRE.text("Ulm is 42.")]


async def test_what_stays_is_one_workflow_and_one_message(chain: Desk) -> None:
    exchange = await chain.say(*replies())
    items = await chain.stored(exchange.thread_id)
    assert [item["type"] for item in items] == ["user_message", "workflow", "assistant_message"]
    steps = [(task["title"], task.get("content")) for task in items[1]["workflow"]["tasks"]]
    assert steps == [("Look up", None), ("Researcher", "It is 42."), ("Writer", None)]
    assert "".join(part["text"] for part in items[2]["content"]) == "Ulm is 42."
    removed = [event.item_id for event in exchange.events if isinstance(event, ThreadItemRemovedEvent)]
    assert len(removed) == 1, "the first agent's text was the message until the second one wrote"


async def test_later_turns_know_the_conversation_and_its_calls(chain: Desk) -> None:
    first = await chain.say(*replies())
    asked = len(chain.upstream.requests)
    await chain.say(WIRE.text("As I said."), WIRE.text("42."), thread=first.thread_id, text="Again?")
    before = ["user", "function_call", "function_call_output", "assistant", "user"]
    assert chain.told(asked) == before
    assert chain.told(asked + 1) == [*before, "assistant"]


async def test_every_run_is_counted(chain: Desk) -> None:
    before, asked = await chain.tokens(), len(chain.upstream.requests)
    await chain.say(*replies())
    assert len(chain.upstream.requests) - asked == 3
    assert await chain.tokens() - before == 3 * 16


async def test_a_retried_answer_makes_no_call_a_second_time(chain: Desk) -> None:
    first = await chain.say(*replies())
    message = next(item for item in first.items if item.type == "user_message")
    asked = len(chain.upstream.requests)
    chain.upstream.script(*replies())
    await chain.client.events("threads.retry_after_item", thread_id=first.thread_id, item_id=message.id)
    assert "An earlier answer" in json.dumps(chain.upstream.requests[asked].body["input"][-1])
    assert [item["type"] for item in await chain.stored(first.thread_id)][1:] == ["workflow", "assistant_message"]


@pytest.mark.parametrize("at", [0, 1])
async def test_stop_ends_the_run_that_streams(chain: Desk, at: int) -> None:
    chain.upstream.hung_up.clear()
    chain.upstream.script(*[WIRE.text("It is 42.")] * at, stream(*WIRE.begin("Half"), Hold()))
    thread = ""
    async for event in chain.client.stream("threads.create", input=user_input("Go.")):
        thread = event.thread.id if isinstance(event, ThreadCreatedEvent) else thread
        if "Half" in event.model_dump_json():
            await chain.client.http.post(f"/api/threads/{thread}/stop")
    await asyncio.wait_for(chain.upstream.hung_up.wait(), 10)
    assert await stored_text(chain.client, thread) == "Half"
    answered = await chain.say(WIRE.text("A."), WIRE.text("B."), thread=thread)
    assert answered.text.endswith("B.")


async def test_a_message_while_a_workflow_runs_is_refused(chain: Desk) -> None:
    chain.upstream.script(stream(*WIRE.begin("Half"), Hold()))
    thread = ""
    async for event in chain.client.stream("threads.create", input=user_input("Go.")):
        thread = event.thread.id if isinstance(event, ThreadCreatedEvent) else thread
        if event.type == "thread.item.updated" and "Half" in event.model_dump_json():
            busy = await chain.client.refused("threads.add_user_message", thread_id=thread, input=user_input("And?"))
            assert busy["code"] == "busy"
            await chain.client.http.post(f"/api/threads/{thread}/stop")


async def test_killed_in_the_second_agent_it_is_followed_and_retried_elsewhere(
    databases: Databases, tmp_path: Path
) -> None:
    async with databases.fresh() as url, Upstream(WIRE.guard) as upstream, AsyncExitStack() as stack:
        await migrate(Secret(url))
        servers = []
        for name in "ab":
            (tmp_path / name).mkdir()
            environment = settings(upstream, "exported_chain", DATABASE_URL=url)
            servers.append(await stack.enter_async_context(running(tmp_path / name, environment)))
        one, two = [await stack.enter_async_context(ChatKitClient(server.url)) for server in servers]
        upstream.script(WIRE.calls(CALL), WIRE.text("It is 42."), stream(*WIRE.begin("Ulm is"), Hold()))
        thread = ""
        async for event in one.stream("threads.create", input=user_input("Go.")):
            thread = event.thread.id if isinstance(event, ThreadCreatedEvent) else thread
            if "Ulm is" in event.model_dump_json():
                break
        while await stored_text(two, thread) != "Ulm is":
            """The journal is written in batches."""
        await servers[0].stop(signal.SIGKILL)
        watcher = Watcher()
        async for _ in watcher.follow(two, thread):
            pass
        assert watcher.events[-1]["type"] == "error"
        assert await stored_text(two, thread) == "Ulm is"
        page = await two.call("items.list", thread_id=thread, order="asc")
        upstream.script(*replies())
        await two.events("threads.retry_after_item", thread_id=thread, item_id=page["data"][0]["id"])
        assert await stored_text(two, thread) == "Ulm is 42."


@pytest.fixture(scope="module")
async def branches(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Desk, None]:
    async with Upstream(WIRE.guard) as upstream:
        folder = tmp_path_factory.mktemp("branches")
        aliases = "gpt-5-mini=openai/gpt-4o-mini"
        async with (
            running(folder, settings(upstream, "exported_branches", MODEL_ALIASES=aliases)) as server,
            ChatKitClient(server.url) as client,
        ):
            yield Desk(client, upstream, server)


async def test_an_alias_answers_for_a_withdrawn_model_and_the_start_says_so(branches: Desk) -> None:
    good = [WIRE.text('{"category": "essay"}'), WIRE.text("An essay."), WIRE.text('{"good": true}')]
    asked = len(branches.upstream.requests)
    exchange = await branches.say(*good)
    assert exchange.text == "An essay."
    assert {request.body["model"] for request in branches.upstream.requests[asked:]} == {"gpt-4o-mini"}
    assert branches.upstream.requests[asked + 1].body["instructions"] == "Write draft 1."
    assert "gpt-5-mini=openai/gpt-4o-mini" in branches.server.log
    assert "category" not in json.dumps(await branches.stored(exchange.thread_id))


async def test_code_that_crashes_ends_its_turn_with_a_line_that_names_its_place(branches: Desk) -> None:
    branches.upstream.script(WIRE.text('{"category": "essay"}'), WIRE.text("An essay."), WIRE.text("no JSON"))
    exchange = await branches.client.say("Go.")
    assert exchange.error is not None
    branches.upstream.script(WIRE.text('{"category": "crash"}'))
    exchange = await branches.client.say("Go.")
    assert exchange.error is not None
    assert "exported_branches.py" in branches.server.log
    await branches.say(WIRE.text('{"category": "other"}'), thread=exchange.thread_id)


EXAMPLES = {
    "support_flow": ([WIRE.text('{"kind": "order"}'), WIRE.calls(Call("order_status", {"order": "7"}))], "On its way."),
    "essay_flow": ([WIRE.text("A draft."), WIRE.text('{"good": false, "advice": "Shorter."}')], "Short."),
}


@pytest.mark.parametrize("name", EXAMPLES)
async def test_the_example_starts_and_answers(tmp_path: Path, name: str) -> None:
    first, answer = EXAMPLES[name]
    judged = [WIRE.text('{"good": true, "advice": ""}')] if name == "essay_flow" else []
    async with Upstream(WIRE.guard) as upstream:
        environment = settings(
            upstream,
            "",
            ASSISTANT=f"{ROOT}/examples/exported-workflow/{name}.py:run_workflow",
            MODEL_ALIASES="gpt-4.1=openai/gpt-4o,gpt-4.1-mini=openai/gpt-4o-mini",
            DATABASE_URL="memory://",
        )
        async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
            desk = Desk(client, upstream, server)
            exchange = await desk.say(*first, WIRE.text(answer), *judged)
            stored = await desk.stored(exchange.thread_id)
            assert [item["type"] for item in stored] == ["user_message", "workflow", "assistant_message"]
            assert stored[-1]["content"][0]["text"] == answer


async def test_a_model_that_nobody_maps_stops_the_start_with_a_sentence(tmp_path: Path) -> None:
    server = ServerProcess(
        tmp_path, {"ASSISTANT": "tests.assistants.exported_branches:run_workflow", "DATABASE_URL": "memory://"}
    )
    await server.spawn()
    assert await server.wait() == 1
    assert "MODEL_ALIASES=gpt-5-mini=provider/model" in server.log
    assert "Traceback" not in server.log


async def test_hosted_tools_and_settings_reach_the_wire_and_are_steps(tmp_path: Path) -> None:
    wire = Hosted()
    async with Upstream(wire.guard) as upstream:
        aliases = "gpt-5=openai/gpt-5.1"
        environment = settings(upstream, "exported_hosted", MODEL_ALIASES=aliases, DATABASE_URL="memory://")
        async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
            desk = Desk(client, upstream, server)
            exchange = await desk.say(wire.used("web_search_call", text="Found."), wire.text("It is so."))
            stored = await desk.stored(exchange.thread_id)
            again = await desk.say(wire.text("A."), wire.text("B."), thread=exchange.thread_id)
    assert stored[-1]["content"][0]["text"] == "It is so."
    assert ("Researcher", "Found.") in [
        (task.get("title"), task.get("content")) for task in stored[1]["workflow"]["tasks"]
    ]
    assert len(stored[1]["workflow"]["tasks"]) == 3, "the search, and both agents"
    first, second = (request.body for request in upstream.requests[:2])
    assert {tool["type"] for tool in first["tools"]} >= {"file_search", "code_interpreter", "mcp"}
    assert (first["model"], first["reasoning"]) == ("gpt-5.1", {"effort": "low", "summary": "auto"})
    assert (second["temperature"], second["top_p"], second["max_output_tokens"]) == (0.5, 0.9, 2048)
    assert {first["store"], second["store"]} == {False}
    assert again.text.endswith("B.")
