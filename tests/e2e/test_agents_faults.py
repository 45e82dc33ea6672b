"""What models and assistants do wrong, in a real server: each has an end that can be read, and the thread goes on."""

import json
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
import pytest

from tests.chatkit_client import ChatKitClient, Exchange
from tests.e2e.test_agents_guardrails import WIRE, settings
from tests.fakes.dialects import Call
from tests.fakes.upstream import Reply, Upstream, stream
from tests.server import ServerProcess, running


class Chat(msgspec.Struct):
    """A server with the assistant whose parts crash, and the fake of its model."""

    client: ChatKitClient
    upstream: Upstream
    server: ServerProcess

    async def say(self, *replies: Reply) -> tuple[Exchange, str]:
        """One message, the model's replies to it, and what the log says of it; the next message must work."""
        logged = len(self.server.log)
        self.upstream.script(*replies)
        exchange = await self.client.say("Please.")
        log = self.server.log[logged:]
        assert "HELD" not in self.server.held
        self.upstream.script(WIRE.text("Good day."))
        again = await self.client.say("Hello!", exchange.thread_id)
        assert again.text == "Good day.", again.error
        return exchange, log


@pytest.fixture(scope="module")
async def chat(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Chat, None]:
    async with Upstream(WIRE.guard) as upstream:
        environment = settings(upstream, DATABASE_URL="memory://", MAX_TOOL_ROUNDS="4")
        folder = tmp_path_factory.mktemp("faults")
        async with running(folder, environment) as server, ChatKitClient(server.url) as client:
            yield Chat(client, upstream, server)


def to(agent: str, **arguments: Any) -> Reply:
    return WIRE.calls(Call(f"transfer_to_{agent}", arguments))


@pytest.mark.parametrize(
    ("agent", "after", "named"),
    [
        ("confused", (), "instructions of agent"),
        ("wordless", (), "Wordless"),
        ("unsure", (), "switched"),
        ("listener", (Call("lookup", {"word": "Ann"}),), "BrokenHooks.on_tool_end"),
        ("stopper", (Call("lookup", {"word": "Ann"}),), "Stopper"),
        ("filtered", (), "Filtered"),
    ],
)
async def test_a_part_of_the_assistant_that_crashes_is_named_in_the_log(
    chat: Chat, agent: str, after: tuple[Call, ...], named: str
) -> None:
    exchange, log = await chat.say(to(agent), *map(WIRE.calls, after))
    assert exchange.error is not None
    assert "A step failed" in (exchange.error.message or "")
    assert named.lower().replace("_", " ") in log.lower().replace("_", " ")
    assert "Traceback" in log
    assert "Traceback" not in json.dumps([event.model_dump(mode="json") for event in exchange.events])


async def test_a_handoff_function_that_crashes_is_named_in_the_log(chat: Chat) -> None:
    exchange, log = await chat.say(to("asked", title="A", score=1))
    assert "A step failed" in (exchange.error.message or "" if exchange.error else "")
    assert "transfer_to_asked" in log
    assert "Traceback" in log


async def test_a_handoff_with_arguments_that_do_not_fit_is_the_model_s_fault(chat: Chat) -> None:
    exchange, log = await chat.say(to("asked", title=["no", "title"]))
    assert "could not be used" in (exchange.error.message or "" if exchange.error else "")
    assert "model misbehaved" in log
    assert "Traceback" in log


@pytest.mark.parametrize("name", ["transfer_to_nobody", "transfer_to_closed", "no_such_tool", "lookup\u0000"])
async def test_what_does_not_exist_is_told_to_the_model(chat: Chat, name: str) -> None:
    exchange, _ = await chat.say(WIRE.calls(Call(name, {})), WIRE.text("I cannot do that."))
    assert exchange.text == "I cannot do that."


def _raw_call(arguments: str) -> Reply:
    function = {"name": "lookup", "arguments": arguments}
    call = {"index": 0, "id": "call_raw", "type": "function", "function": function}
    return stream(WIRE.frame({"tool_calls": [call]}), WIRE.frame({}, finish="tool_calls"), WIRE.usage())


NO_ARGUMENTS = [
    "{",
    "null",
    "[]",
    '"word"',
    "NaN",
    '{"word": NaN}',
    '{"word": 7}',
    '{"word": null}',
    "{}",
    "",
    "ä",
    f'{{"word": "{"x" * 300_000}"}}',
    "[" * 5_000,
    '{"word": {"a": [1, 2]}}',
    '{"more": 1e999}',
]


@pytest.mark.parametrize("arguments", NO_ARGUMENTS, ids=range(len(NO_ARGUMENTS)))
async def test_arguments_that_no_schema_takes_are_told_to_the_model(chat: Chat, arguments: str) -> None:
    exchange, _ = await chat.say(_raw_call(arguments), WIRE.text("I cannot do that."))
    assert exchange.text == "I cannot do that."
    assert exchange.error is None


async def test_agents_that_hand_off_to_each_other_for_ever_are_stopped_with_a_sentence(chat: Chat) -> None:
    exchange, log = await chat.say(to("ping"), to("pong"), to("ping"), to("pong"))
    assert "more steps" in (exchange.error.message or "" if exchange.error else "")
    assert "turn failed" in log


@pytest.mark.parametrize("said", ["{", "no JSON", '{"title": "A"}', '{"title": 1, "score": "x"}', "[]", "NaN"])
async def test_json_that_does_not_fit_the_output_type_is_not_shown(chat: Chat, said: str) -> None:
    exchange, log = await chat.say(to("former"), WIRE.text(said[:1], said[1:]))
    assert "could not be used" in (exchange.error.message or "" if exchange.error else "")
    assert exchange.text == ""
    assert "model misbehaved" in log
    assert "Former" in log
    assert "Traceback" in log
