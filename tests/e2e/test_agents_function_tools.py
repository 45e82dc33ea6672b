"""Function tools of an agent, over HTTP: each kind of result reaches the model as with the Agents SDK alone."""

import json
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
import pytest

from tests.assistants.function_tools import PIXEL
from tests.chatkit_client import ChatKitClient
from tests.fakes.dialects import SECRET, Call
from tests.fakes.responses_wire import Responses
from tests.fakes.upstream import Upstream
from tests.server import running

WIRE = Responses()


class Guide(msgspec.Struct):
    """The agent, and the service of its model."""

    client: ChatKitClient
    upstream: Upstream

    async def results(self, *calls: Call) -> list[Any]:
        """The results that the model is told of its calls, and the names of the tools that it is offered."""
        self.upstream.script(WIRE.calls(*calls), WIRE.text("Done."))
        exchange = await self.client.say("Go.")
        assert exchange.text == "Done.", exchange.error
        sent = self.upstream.requests[-1].body["input"]
        return [item["output"] for item in sent if item.get("type") == "function_call_output"]

    @property
    def offered(self) -> set[str]:
        """The tools of the newest request."""
        return {tool["name"] for tool in self.upstream.requests[-1].body["tools"]}


@pytest.fixture(scope="module")
async def guide(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Guide, None]:
    async with Upstream(WIRE.guard) as upstream:
        environment = {
            "ASSISTANT": "tests.assistants.function_tools:assistant",
            "OPENAI_API_KEY": SECRET,
            "OPENAI_API": "responses",
            "OPENAI_BASE_URL": f"{upstream.url}/v1",
        }
        async with (
            running(tmp_path_factory.mktemp("guide"), environment) as server,
            ChatKitClient(server.url) as client,
        ):
            yield Guide(client, upstream)


async def test_calls_of_one_response_run_at_once(guide: Guide) -> None:
    found = await guide.results(Call("meet", {"name": "Ann"}), Call("meet", {"name": "Bob"}))
    assert found == ["Ann met", "Bob met"]


async def test_a_dictionary_is_told_as_the_sdk_tells_it(guide: Guide) -> None:
    [found] = await guide.results(Call("weather", {"city": "Ulm"}))
    assert found == str({"city": "Ulm", "degrees": 7})


async def test_a_picture_is_told_as_a_picture(guide: Guide) -> None:
    [found] = await guide.results(Call("photo", {}))
    assert [(part["type"], part["image_url"]) for part in found] == [("input_image", PIXEL)]


async def test_a_tool_that_takes_too_long_is_told_as_timed_out(guide: Guide) -> None:
    [found] = await guide.results(Call("slow", {}))
    assert "timed out" in json.dumps(found)


async def test_a_tool_that_is_not_enabled_is_not_offered_and_not_run(guide: Guide) -> None:
    [found] = await guide.results(Call("evening", {}))
    assert guide.offered == {"meet", "weather", "photo", "slow"}
    assert "never" not in json.dumps(found)
