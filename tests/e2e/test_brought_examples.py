"""The examples of brought code, started as their pages say."""

from pathlib import Path

from tests.chatkit_client import ChatKitClient
from tests.server import ROOT, running


async def test_a_bare_respond_streams_from_another_program(tmp_path: Path) -> None:
    environment = {
        "ASSISTANT": f"{ROOT}/examples/respond/program.py:respond",
        "PROGRAM": "fold -s -w 12",
        "DATABASE_URL": "memory://",
    }
    async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
        exchange = await client.say("One line is as long as twelve letters.")
        assert exchange.error is None
        assert exchange.text == "One line is \nas long as \ntwelve \nletters."
        deltas = [event for event in exchange.events if getattr(getattr(event, "update", None), "delta", None)]
        assert len(deltas) == 4


async def test_the_quick_start_of_chatkit_python_answers_and_remembers(tmp_path: Path) -> None:
    environment = {"ASSISTANT": f"{ROOT}/examples/chatkit_server/server.py:Helper", "DATABASE_URL": "memory://"}
    async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
        first = await client.say("count to 4")
        assert first.error is None
        assert first.text.split() == ["1", "2", "3", "4"]
        second = await client.say("count to 3", first.thread_id)
        assert second.text.split() == ["1", "2", "3"]
