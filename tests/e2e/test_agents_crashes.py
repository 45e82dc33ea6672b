"""Tools that crash, over HTTP: the log has the traceback, the model a sentence, the user the step that failed."""

from collections.abc import AsyncGenerator
from typing import Any

import msgspec
import pytest
from chatkit.types import WorkflowItem

from tests.assistants.crashes import HANDLED, SECRET_TEXT, UNHANDLED
from tests.chatkit_client import ChatKitClient, Exchange
from tests.fakes.chat_wire import OpenAIChat
from tests.fakes.dialects import SECRET, Call
from tests.fakes.upstream import Reply, Upstream
from tests.server import ServerProcess, running

WIRE = OpenAIChat()
ITEM = {"item": "spoon"}


class Cabinet(msgspec.Struct):
    """The assistant whose tools crash."""

    client: ChatKitClient
    server: ServerProcess
    upstream: Upstream

    async def says(self, *replies: Reply) -> tuple[Exchange, str]:
        """The answer that these responses lead to, and what was logged meanwhile."""
        self.upstream.script(*replies)
        before = len(self.server.log)
        exchange = await self.client.say("Open it.")
        return exchange, self.server.log[before:]

    def told(self) -> str:
        """What the model was told of the newest call."""
        return str(self.upstream.requests[-1].body["messages"][-1]["content"])


@pytest.fixture(scope="module")
async def cabinet(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Cabinet, None]:
    async with Upstream(WIRE.guard) as upstream:
        environment = {
            "ASSISTANT": "tests.assistants.crashes:cabinet",
            "OPENAI_API_KEY": SECRET,
            "OPENAI_BASE_URL": f"{upstream.url}/v1",
            "OPENAI_MODEL": "llama3.2",
        }
        folder = tmp_path_factory.mktemp("cabinet")
        async with running(folder, environment) as server, ChatKitClient(server.url) as client:
            yield Cabinet(client, server, upstream)


def steps(exchange: Exchange) -> list[str]:
    """The titles of the answer's steps."""
    workflows = [item for item in exchange.items if isinstance(item, WorkflowItem)]
    return [str(task.title) for item in workflows for task in item.workflow.tasks if task.type == "custom"]


def logged_once(log: str, tool: str, crashed: str) -> bool:
    """True if the log names the tool, and has the traceback of its crash once."""
    return (
        f"tool={tool}" in log
        and log.count("tool crashed") == 1
        and "Traceback" in log
        and f"{SECRET_TEXT} {crashed}" in log
    )


async def test_a_crash_is_logged_whatever_its_author_did_and_the_answer_goes_on(cabinet: Cabinet) -> None:
    for tool in HANDLED:
        exchange, log = await cabinet.says(WIRE.calls(Call(tool, ITEM)), WIRE.text("It did not work."))
        assert exchange.text == "It did not work.", tool
        assert logged_once(log, tool, tool), (tool, log)
        expected = "All is well." if tool == "hidden" else "rror" if tool == "remote" else "Tell the user"
        assert expected in cabinet.told(), tool
        assert SECRET_TEXT not in cabinet.told(), tool
        [step] = steps(exchange)
        assert step.endswith(": this failed"), tool


async def test_a_crash_that_ends_the_answer_names_who_must_act(cabinet: Cabinet) -> None:
    for tool in UNHANDLED:
        exchange, log = await cabinet.says(WIRE.calls(Call(tool, ITEM)))
        assert exchange.error is not None, tool
        assert "A step failed" in str(exchange.error.message), tool
        assert "Traceback" in log and f"{SECRET_TEXT} {tool}" in log, tool  # noqa: PT018
        assert tool in log, tool
        assert log.count("Traceback (most recent call last)") <= 2, "a traceback and its cause, once"
        [step, *_] = steps(exchange)
        assert step.endswith(": this failed"), tool


async def test_a_crash_inside_an_agent_that_is_a_tool_is_logged_once(cabinet: Cabinet) -> None:
    exchange, log = await cabinet.says(
        WIRE.calls(Call("ask_clerk", {"input": "open"})), WIRE.calls(Call("raised", ITEM)), WIRE.text("No.")
    )
    assert exchange.text == "No."
    assert logged_once(log, "raised", "raised"), log
    assert steps(exchange) == ["Ask clerk: this failed"]


async def test_a_crash_after_a_handoff_is_logged(cabinet: Cabinet) -> None:
    exchange, log = await cabinet.says(
        WIRE.calls(Call("transfer_to_clerk", {})), WIRE.calls(Call("hidden", ITEM)), WIRE.text("No.")
    )
    assert exchange.text == "No."
    assert logged_once(log, "hidden", "hidden"), log
    assert steps(exchange)[-1] == "Hidden: this failed"


async def test_a_refusal_and_wrong_arguments_are_no_crashes(cabinet: Cabinet) -> None:
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("refused", ITEM, "There is no such drawer."),
        ("unhandled", {"wrong": 1}, "do not fit the tool's schema"),
    ]
    for tool, arguments, sentence in cases:
        exchange, log = await cabinet.says(WIRE.calls(Call(tool, arguments)), WIRE.text("No."))
        assert exchange.text == "No."
        assert sentence in cabinet.told()
        assert "tool crashed" not in log
        [step] = steps(exchange)
        assert not step.endswith("failed")


async def test_a_retried_answer_makes_a_call_again_that_crashed(cabinet: Cabinet) -> None:
    exchange, _ = await cabinet.says(WIRE.calls(Call("unhandled", ITEM)), WIRE.text("No."))
    cabinet.upstream.script(WIRE.calls(Call("unhandled", ITEM)), WIRE.text("Again no."))
    before = len(cabinet.server.log)
    message = next(item for item in exchange.items if item.type == "user_message")
    await cabinet.client.events("threads.retry_after_item", thread_id=exchange.thread_id, item_id=message.id)
    assert "tool crashed" in cabinet.server.log[before:]
