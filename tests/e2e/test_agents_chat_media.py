"""Citations and images of chat completions, over HTTP."""

import base64
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from chatkit.types import TaskItem

from tests.chatkit_client import ChatKitClient
from tests.e2e.test_agents_citations import announced, cited
from tests.e2e.test_agents_hosted_tools import Table
from tests.e2e.test_agents_images import fetched, images
from tests.fakes.chat_media import MediaChat, picture, url
from tests.fakes.dialects import SECRET
from tests.fakes.hosted_wire import PARTIAL, PICTURE
from tests.fakes.upstream import Upstream
from tests.server import running

WIRE = MediaChat()
TEXT = "Thirty days a year."


@pytest.fixture(scope="module")
async def table(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Table, None]:
    async with Upstream(WIRE.guard) as upstream:
        environment = {
            "OPENAI_API_KEY": SECRET,
            "OPENAI_API": "chat",
            "OPENAI_BASE_URL": f"{upstream.url}/v1",
            "OPENAI_MODEL": "gpt-4.1",
        }
        async with (
            running(tmp_path_factory.mktemp("media"), environment) as server,
            ChatKitClient(server.url) as client,
        ):
            yield Table(client, upstream)


def messages(table: Table) -> str:
    return str(table.upstream.requests[-1].body["messages"])


async def test_citations_of_each_shape_are_annotations(table: Table) -> None:
    annotations = [
        url("https://www.example.com/a", 6, "The handbook"),
        url("https://example.org/b", 19, None),
        url("https://example.net/c", 0, "C", nested=False),
    ]
    expected = [
        ("url", "The handbook", "https://www.example.com/a", 6),
        ("url", "example.org", "https://example.org/b", 19),
        ("url", "C", "https://example.net/c", None),
    ]
    for first in (False, True):
        table.upstream.script(WIRE.cited(TEXT, *annotations, first=first))
        exchange = await table.client.say("How many?")
        assert (exchange.text, exchange.error) == (TEXT, None)
        assert announced(exchange) == cited(exchange) == expected


async def test_an_unusable_citation_is_left_out_and_there_is_a_limit(table: Table) -> None:
    odd: list[Any] = [
        {"type": "file", "file": {"name": "a.pdf"}},
        {"type": "url_citation"},
        {"url_citation": 7},
        None,
        3,
    ]
    many = [url(f"https://example.com/{place}", 1) for place in range(300)]
    table.upstream.script(WIRE.cited(TEXT, *odd), WIRE.cited(TEXT, *many))
    exchange = await table.client.say("How many?")
    assert (exchange.text, exchange.error, cited(exchange)) == (TEXT, None, [])
    assert len(cited(await table.client.say("How many?"))) == 50


async def test_images_are_items_and_are_shown_to_the_model_again(table: Table) -> None:
    before = len(table.upstream.requests)
    table.upstream.script(WIRE.drawn(picture(PICTURE), picture(PICTURE), picture(PARTIAL, 1), text="Here you are."))
    exchange = await table.client.say("Draw.")
    assert (exchange.text, exchange.error, len(table.upstream.requests) - before) == ("Here you are.", None, 1)
    drawn = [await fetched(item) for item in images(exchange)]
    assert drawn == [base64.b64decode(PICTURE), base64.b64decode(PARTIAL)]
    table.upstream.script(WIRE.text("A square."))
    assert (await table.client.say("What is it?", exchange.thread_id)).text == "A square."
    assert messages(table).count(PICTURE) == messages(table).count(PARTIAL) == 1


async def test_an_answer_that_is_only_an_image_takes_one_request(table: Table) -> None:
    for image in (picture(PICTURE), {"image_url": f"data:image/png;base64,{PICTURE}"}, {"b64_json": PICTURE}):
        before = len(table.upstream.requests)
        table.upstream.script(WIRE.drawn(image))
        exchange = await table.client.say("Draw.")
        assert (len(table.upstream.requests) - before, exchange.error) == (1, None)
        assert [item.type for item in exchange.items] == ["user_message", "generated_image"]


async def test_a_bad_image_has_an_end_that_the_user_can_read(table: Table) -> None:
    damaged = "The image that was made cannot be shown: it is damaged or of an unknown type."
    for image in ({"image_url": {"url": "https://example.com/a.png"}}, picture("?"), {"url": "data:image/png,raw"}):
        table.upstream.script(WIRE.drawn(image, text="Here."))
        exchange = await table.client.say("Draw.")
        assert (exchange.text, exchange.error, images(exchange)) == ("Here.", None, [])
        assert [item.task.title for item in exchange.items if isinstance(item, TaskItem)] == [damaged]
    for nothing in ({}, None, {"image_url": 7}):
        table.upstream.script(WIRE.drawn(nothing, text="Here."))
        exchange = await table.client.say("Draw.")
        assert [item.type for item in exchange.items] == ["user_message", "assistant_message"]


async def test_an_image_beside_a_tool_call_is_told_within_the_turn(table: Table) -> None:
    call = WIRE.frame({"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "list_tasks", "arguments": "{}"}}]})
    table.upstream.script(WIRE.drawn_and(picture(PICTURE), call), WIRE.text("Done."))
    exchange = await table.client.say("Draw and look.")
    assert (exchange.text, exchange.error, len(images(exchange))) == ("Done.", None, 1)
    assert "The image is shown to the user." in messages(table)
