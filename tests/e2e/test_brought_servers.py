"""A `ChatKitServer` with ChatKit's own helper for agents: texts, citations, thoughts and a second turn."""

from collections.abc import AsyncGenerator

import pytest

from tests.chatkit_client import ChatKitClient
from tests.e2e.test_agents_citations import TEXT, announced, cited, file, url
from tests.e2e.test_agents_hosted_tools import WIRE, Table
from tests.fakes.dialects import SECRET
from tests.fakes.upstream import Upstream
from tests.server import running


@pytest.fixture(scope="module")
async def table(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Table, None]:
    async with Upstream(WIRE.guard) as upstream:
        environment = {
            "ASSISTANT": "tests.assistants.servers:make",
            "OPENAI_API_KEY": SECRET,
            "OPENAI_API": "responses",
            "OPENAI_BASE_URL": f"{upstream.url}/v1",
            "OPENAI_MODEL": "gpt-4.1",
        }
        async with (
            running(tmp_path_factory.mktemp("served"), environment) as server,
            ChatKitClient(server.url) as client,
        ):
            yield Table(client, upstream)


async def test_citations_are_announced_and_stored_by_chatkit_s_own_helper(table: Table) -> None:
    unknown = {"type": "moon_citation", "phase": 3}
    table.upstream.script(
        WIRE.cited(TEXT, url("https://www.example.com/a", 18, "The handbook"), file("handbook.pdf", 37), unknown)
    )
    exchange = await table.client.say("How many?")
    expected = [
        ("url", "The handbook", "https://www.example.com/a", 18),
        ("file", "handbook.pdf", "handbook.pdf", 37),
    ]
    assert (exchange.text, exchange.error) == (TEXT, None)
    assert announced(exchange) == expected
    assert cited(exchange) == expected


async def test_later_turns_of_a_thread_are_given_the_earlier_ones(table: Table) -> None:
    thread: str | None = None
    for number in range(3):
        table.upstream.script(WIRE.text(f"Answer {number}."))
        exchange = await table.client.say(f"Question {number}?", thread)
        thread = exchange.thread_id
        assert (exchange.text, exchange.error) == (f"Answer {number}.", None)
    sent = str(table.upstream.requests[-1].body["input"])
    assert all(words in sent for words in ("Question 0?", "Answer 0.", "Question 1?", "Answer 1.", "Question 2?"))
    page = await table.client.call("items.list", thread_id=thread, order="asc", limit=20)
    assert [item["type"] for item in page["data"]] == ["user_message", "assistant_message"] * 3
    assert len({item["id"] for item in page["data"]}) == 6, "the model gives each of its messages the same id"
