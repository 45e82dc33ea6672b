"""Instructions as functions, output types, hooks and ends by a tool, over HTTP: as with the Agents SDK alone."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from chatkit.types import WidgetItem, WorkflowItem

from tests.assistants.features import HEARD
from tests.chatkit_client import ChatKitClient
from tests.fakes.dialects import SECRET, Call
from tests.fakes.responses_wire import Responses
from tests.fakes.upstream import Upstream
from tests.server import running

WIRE = Responses()


class Desk(msgspec.Struct):
    """The assistant, the service of its models, and the folder of the server."""

    client: ChatKitClient
    upstream: Upstream
    folder: Path

    @property
    def bodies(self) -> list[Any]:
        """What the models were asked so far."""
        return [request.body for request in self.upstream.requests]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk, None]:
    async with Upstream(WIRE.guard) as upstream:
        environment = {
            "ASSISTANT": "tests.assistants.features:desk",
            "DATABASE_URL": "memory://",
            "OPENAI_API_KEY": SECRET,
            "OPENAI_API": "responses",
            "OPENAI_BASE_URL": f"{upstream.url}/v1",
        }
        async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
            yield Desk(client, upstream, tmp_path)


async def test_each_feature_shapes_the_run_as_in_the_sdk(desk: Desk) -> None:
    desk.upstream.script(WIRE.text("Good day."))
    assert (await desk.client.say("Hello!")).text == "Good day."
    assert desk.bodies[-1]["instructions"] == "You are Desk, and talk to local."

    # The JSON of an output type is shown by the renderer alone, and is told to the model.
    desk.upstream.script(WIRE.calls(Call("transfer_to_referee", {})), WIRE.text('{"title": "Chess",', ' "points": 7}'))
    judged = await desk.client.say("Judge it.")
    assert judged.text == "Chess: 7 points"
    assert any("Referee" in str(item.workflow.tasks) for item in judged.items if isinstance(item, WorkflowItem))
    assert '\\"points\\"' not in "".join(event.model_dump_json() for event in judged.events)
    assert desk.bodies[-1]["text"]["format"]["type"] == "json_schema"
    desk.upstream.script(WIRE.text("Seven."))
    await desk.client.say("How many?", judged.thread_id)
    assert '\\"points\\": 7' in json.dumps(desk.bodies[-1]["input"])

    desk.upstream.script(WIRE.calls(Call("transfer_to_referee", {})), WIRE.text('{"title": "Draw", "points": 0}'))
    drawn = await desk.client.say("Judge it.")
    [widget] = [item for item in drawn.items if isinstance(item, WidgetItem)]
    assert "No points" in widget.model_dump_json()
    assert drawn.text == ""

    # A tool's result is the answer, without another request.
    asked = len(desk.bodies)
    desk.upstream.script(WIRE.calls(Call("transfer_to_librarian", {})), WIRE.calls(Call("lookup", {"word": "gambit"})))
    assert (await desk.client.say("Look it up.")).text == "found gambit"
    assert len(desk.bodies) == asked + 2

    assert (desk.folder / HEARD).read_text().splitlines()[-5:] == [
        "run: Desk starts",
        "run: Desk hands off to Librarian",
        "run: Librarian starts",
        "agent: Librarian starts",
        "run: lookup returned found gambit",
    ]
