"""Assistants of your own, chosen by `ASSISTANT`, in a server process."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import pytest

from tests.chatkit_client import ChatKitClient
from tests.fakes.chat_wire import OpenAIChat
from tests.fakes.dialects import SECRET, Call
from tests.fakes.upstream import Upstream
from tests.server import ROOT, ServerProcess, running

EXAMPLE = ROOT / "examples" / "game_master.py"
WIRE = OpenAIChat()


class Table(msgspec.Struct):
    """A client of a server with the game master, and the upstream of its model."""

    client: ChatKitClient
    upstream: Upstream


@pytest.fixture(scope="module")
async def table(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Table, None]:
    async with Upstream(WIRE.guard) as upstream:
        environment = {
            "ASSISTANT": f"{EXAMPLE}:game_master",
            "OPENAI_API_KEY": SECRET,
            "OPENAI_BASE_URL": f"{upstream.url}/v1",
            "OPENAI_MODEL": "llama3.2",
        }
        async with running(tmp_path_factory.mktemp("game"), environment) as server, ChatKitClient(server.url) as client:
            yield Table(client, upstream)


def test_the_example_is_short() -> None:
    assert len(EXAMPLE.read_text().splitlines()) < 60


async def test_its_instructions_and_tools_reach_the_model(table: Table) -> None:
    table.upstream.script(WIRE.calls(Call("roll", {"dice": "2d6"})), WIRE.text("You rolled it."))
    exchange = await table.client.say("I open the door.")
    assert exchange.text == "You rolled it."
    first, second = (json.dumps(request.body) for request in table.upstream.requests[-2:])
    assert "You are the game master" in first
    assert "create_task" not in first
    assert "together" in second


async def test_its_own_greeting_is_shown(table: Table) -> None:
    card = (await table.client.http.get("/api/assistant")).json()
    assert card["start_screen"]["greeting"] == "Which adventure shall it be?"
    assert [prompt["label"] for prompt in card["start_screen"]["prompts"]] == ["A haunted castle", "A lost spaceship"]


async def test_the_built_in_one_greets_in_the_caller_s_language(server: ServerProcess) -> None:
    async with ChatKitClient(server.url, {"accept-language": "ar-EG"}) as client:
        card = (await client.http.get("/api/assistant")).json()
    assert (card["language"], card["direction"]) == ("ar", "rtl")
    assert card["start_screen"]["greeting"] == "ماذا لدينا اليوم؟"
    assert len(card["start_screen"]["prompts"]) == 5, "three of the assistant's, two of the demo's"


@pytest.mark.parametrize(
    ("name", "reason", "code"),
    [
        ("nobody", "expected tasks or package.module:name", 2),
        ("no_such_module:assistant", "ModuleNotFoundError", 1),
        ("json:dumps", "expected an Assistant", 1),
    ],
)
async def test_a_missing_assistant_stops_the_start_with_a_sentence(
    tmp_path: Path, name: str, reason: str, code: int
) -> None:
    server = ServerProcess(tmp_path, {"ASSISTANT": name})
    await server.spawn()
    assert await server.wait() == code
    assert "ASSISTANT" in server.log
    assert reason in server.log
    assert "Traceback" not in server.log
