"""The assistant with tools of other programs, in a real server."""

import json
import sys
from collections.abc import AsyncGenerator

import msgspec
import pytest
from chatkit.types import WorkflowItem

from tests.chatkit_client import ChatKitClient
from tests.fakes.chat_wire import OpenAIChat
from tests.fakes.dialects import SECRET, Call
from tests.fakes.upstream import Upstream
from tests.ports import free_port
from tests.server import ROOT, ServerProcess, running

WIRE = OpenAIChat()


class Workshop(msgspec.Struct):
    """A server with one MCP server that works and one that is down, and the model it speaks through."""

    server: ServerProcess
    client: ChatKitClient
    upstream: Upstream


@pytest.fixture(scope="module")
async def workshop(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Workshop, None]:
    down = {"url": f"http://127.0.0.1:{free_port()}/mcp?key=in-the-url", "headers": {"Authorization": "${TOKEN}"}}
    jobs = {"command": sys.executable, "args": ["-m", "tests.fakes.mcp_stdio"], "cwd": str(ROOT)}
    async with Upstream(WIRE.guard) as upstream:
        environment = {
            "OPENAI_API_KEY": SECRET,
            "OPENAI_BASE_URL": f"{upstream.url}/v1",
            "OPENAI_MODEL": "llama3.2",
            "MCP_SERVERS": json.dumps({"mcpServers": {"down": down, "jobs": jobs}}),
            "TOKEN": "Bearer in-a-header",
        }
        async with running(tmp_path_factory.mktemp("shop"), environment) as server, ChatKitClient(server.url) as client:
            yield Workshop(server, client, upstream)
    for trouble in ("never retrieved", "cancel scope", "was destroyed"):
        assert trouble not in server.log, "the connections were closed by those who opened them"


async def test_the_model_is_offered_their_tools_and_gets_their_results(workshop: Workshop) -> None:
    workshop.upstream.script(WIRE.calls(Call("jobs_shout", {"text": "hello"})), WIRE.text("It said HELLO."))
    exchange = await workshop.client.say("Shout hello")
    assert exchange.text == "It said HELLO."
    offered, followed_up = (json.dumps(request.body) for request in workshop.upstream.requests[-2:])
    assert "jobs_shout" in offered
    assert "create_task" in offered
    assert "HELLO" in followed_up
    [workflow] = [item for item in exchange.items if isinstance(item, WorkflowItem)]
    assert [task.title for task in workflow.workflow.tasks if task.type == "custom"] == ["Jobs shout"]


async def test_a_failing_tool_is_an_error_for_the_model_and_the_answer_goes_on(workshop: Workshop) -> None:
    workshop.upstream.script(WIRE.calls(Call("jobs_fail", {})), WIRE.text("It did not work."))
    exchange = await workshop.client.say("Try it")
    assert (exchange.text, exchange.error) == ("It did not work.", None)
    assert "This was not done" in json.dumps(workshop.upstream.requests[-1].body)


async def test_a_server_that_is_down_costs_a_warning_without_its_secrets(workshop: Workshop) -> None:
    [*warnings] = [line for line in workshop.server.log.splitlines() if "mcp server unreachable" in line]
    assert warnings
    assert all("down" in line for line in warnings)
    assert "in-the-url" not in workshop.server.log
    assert "in-a-header" not in workshop.server.log


async def test_a_mistake_in_the_setting_stops_the_start(tmp_path_factory: pytest.TempPathFactory) -> None:
    server = ServerProcess(tmp_path_factory.mktemp("wrong"), {"MCP_SERVERS": '{"a": {}}', "PORT": "x"})
    await server.spawn()
    assert await server.wait() == 2
    assert 'MCP_SERVERS: a: expected an object with either "command" or "url"' in server.log
    assert "PORT" in server.log, "all mistakes are named at once"
