"""The largest that every kind of thing may be, on a real server: nothing of it holds the event loop.

`ServerProcess.stop` fails when something did; what is asserted here is that the large thing was there.
"""

from collections.abc import AsyncGenerator
from typing import Any

import httpx
import msgspec
import pytest
from chatkit.types import StructuredInputItem, WidgetItem

from app.ports.thread_store import PAGE_BYTES
from tests.chatkit_client import ChatKitClient, user_input
from tests.fakes.chat_wire import OpenAIChat
from tests.fakes.dialects import SECRET, Call
from tests.fakes.upstream import Upstream
from tests.postgres import Databases
from tests.server import running
from tests.uploads import png, post_file

WIRE = OpenAIChat()
MESSAGE = 1_000_000
ARGUMENTS = 240_000
BODY = 2_000_000
FILE = 13_900_000
TEXT = "A sentence with *markup*, `code` and a [link](https://example.org/).\n"


class Place(msgspec.Struct):
    """A server with its limits as wide as they go, and the model it speaks through."""

    client: ChatKitClient
    upstream: Upstream


@pytest.fixture(scope="module", params=["sqlite", "postgres", "memory"])
async def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, databases: Databases
) -> AsyncGenerator[Place, None]:
    folder = tmp_path_factory.mktemp("giants")
    async with Upstream(WIRE.guard) as upstream, databases.fresh() as postgres:
        stores = {"sqlite": f"sqlite:///{folder}/giants.db", "postgres": postgres, "memory": "memory://"}
        environment = {
            "ASSISTANT": "tests.fakes.giants:giant",
            "OPENAI_API_KEY": SECRET,
            "OPENAI_BASE_URL": f"{upstream.url}/v1",
            "OPENAI_MODEL": "gpt-4o-mini",
            "DATABASE_URL": stores[request.param],
            "MAX_MESSAGE_CHARACTERS": str(MESSAGE),
            "MAX_BODY_BYTES": str(BODY),
            "HISTORY_ITEMS": "1000",
            "HISTORY_TOKENS": "10000000",
        }
        upstream.always(WIRE.text("Yes."))
        async with running(folder, environment) as server, ChatKitClient(server.url) as client:
            yield Place(client, upstream)


def text(characters: int) -> str:
    """Return a text of `size` characters."""
    return (TEXT * (characters // len(TEXT) + 1))[:characters]


async def test_a_message(place: Place) -> None:
    said = await place.client.say(text(MESSAGE))
    assert said.text == "Yes."
    again = await place.client.say("And now?", said.thread_id)
    assert again.text == "Yes."
    assert len(str(place.upstream.requests[-1].body)) > MESSAGE
    page = await place.client.call("threads.get_by_id", thread_id=said.thread_id)
    assert len(page["items"]["data"][0]["content"][0]["text"]) == MESSAGE


async def test_a_message_in_very_many_pieces(place: Place) -> None:
    def message(pieces: int) -> dict[str, Any]:
        return {**user_input("Hello"), "content": [{"type": "input_text", "text": "a"}] * pieces}

    problem = await place.client.refused("threads.create", input=message(50_000))
    assert "too many values" in problem["message"]
    await place.client.refused("threads.create", input={**user_input("Hello"), "content": [1] * 9_900})
    events = await place.client.events("threads.create", input=message(1_400))
    assert events[0].type == "thread.created"


async def test_an_answer(place: Place) -> None:
    pieces = [text(50)] * 20_000
    place.upstream.script(WIRE.text(*pieces))
    said = await place.client.say("Tell me everything")
    assert len(said.text) == MESSAGE
    again = await place.client.say("And now?", said.thread_id)
    assert again.text == "Yes."


async def test_an_answer_in_one_piece(place: Place) -> None:
    place.upstream.script(WIRE.text(text(2 * MESSAGE)))
    said = await place.client.say("Tell me everything")
    assert len(said.text) == 2 * MESSAGE


async def test_a_result_of_a_tool(place: Place) -> None:
    place.upstream.script(WIRE.calls(Call("tell", {"characters": MESSAGE})), WIRE.text("That was it."))
    said = await place.client.say("Look it up")
    assert said.text == "That was it."
    assert (await place.client.say("And now?", said.thread_id)).text == "Yes."


async def test_arguments_of_a_tool(place: Place) -> None:
    for more in (text(ARGUMENTS), [{"a": 1, "b": [1, 2]}] * 1_200):
        place.upstream.script(WIRE.calls(Call("tell", {"characters": 5, "more": more})), WIRE.text("Enough."))
        said = await place.client.say("Look it up")
        assert said.text == "Enough."
        assert place.upstream.requests[-1].body["messages"][-1]["content"] == "told "
    place.upstream.script(WIRE.calls(Call("tell", {"characters": 5, "more": text(MESSAGE)})), WIRE.text("Too much."))
    said = await place.client.say("Look everything up")
    assert said.text == "Too much."
    assert "at most 250000 characters" in place.upstream.requests[-1].body["messages"][-1]["content"]
    many = [{"a": 1, "b": [1, 2]}] * (ARGUMENTS // 25)
    place.upstream.script(WIRE.calls(Call("tell", {"characters": 5, "more": many})), WIRE.text("Too many."))
    said = await place.client.say("Look very many up")
    assert said.text == "Too many."
    assert "10000 values" in place.upstream.requests[-1].body["messages"][-1]["content"]


async def test_a_widget(place: Place) -> None:
    place.upstream.script(WIRE.calls(Call("draw", {"rows": 120})), WIRE.text("Here it is."))
    said = await place.client.say("Show me")
    [widget] = [item for item in said.items if isinstance(item, WidgetItem)]
    page = await place.client.call("threads.get_by_id", thread_id=said.thread_id)
    [kept] = [item for item in page["items"]["data"] if item["id"] == widget.id]
    assert len(kept["widget"]["children"]) == 120
    assert (await place.client.say("And now?", said.thread_id)).text == "Yes."
    place.upstream.script(WIRE.calls(Call("draw", {"rows": 200})), WIRE.text("It is too large."))
    refused = await place.client.say("Show me all", said.thread_id)
    assert not [item for item in refused.items if isinstance(item, WidgetItem)]
    assert "at most 500 components" in str(place.upstream.requests[-1].body)


async def test_a_question_of_very_many_fields_and_its_answer(place: Place) -> None:
    place.upstream.script(WIRE.calls(Call("ask", {"questions": 47, "options": 20})), WIRE.text("I see."))
    said = await place.client.say("Ask me")
    [form] = [item for item in said.items if isinstance(item, StructuredInputItem)]
    answers: dict[str, Any] = {
        asked.id: {"values": [f"option {number}" for number in range(20)], "skipped": False} for asked in form.inputs
    }
    events = await place.client.events(
        "threads.add_structured_input", thread_id=said.thread_id, item_id=form.id, input={"answers": answers}
    )
    assert "940" in str(place.upstream.requests[-1].body), "every answer has reached the tool"
    assert events
    place.upstream.script(WIRE.calls(Call("ask", {"questions": 500, "options": 20})), WIRE.text("Too much."))
    refused = await place.client.say("Ask me everything", said.thread_id)
    assert not [item for item in refused.items if isinstance(item, StructuredInputItem)]
    assert "at most 1000 questions" in str(place.upstream.requests[-1].body)


async def test_a_file(place: Place) -> None:
    content = png() + bytes(FILE)
    answer = await post_file(place.client, "photo.png", content, "image/png")
    assert answer.status_code == httpx.codes.OK, answer.text
    events = await place.client.events("threads.create", input=user_input("Look", attachments=[answer.json()["id"]]))
    assert events
    assert len(str(place.upstream.requests[-1].body)) > FILE


async def test_a_page_and_a_history_of_large_items(place: Place) -> None:
    said = await place.client.say("Hello")
    for _ in range(10):
        place.upstream.script(WIRE.calls(Call("draw", {"rows": 120})))
        await place.client.say(text(MESSAGE // 4), said.thread_id)
    pages = await pages_of(place.client, said.thread_id)
    items = [item for page in pages for item in page["data"]]
    assert len([item for item in items if item["type"] == "widget"]) == 10
    assert len(msgspec.json.encode(items)) > 10 * (MESSAGE // 4 + 25_000)
    assert all(len(msgspec.json.encode(page)) < 1.1 * PAGE_BYTES for page in pages)
    thread = await place.client.call("threads.get_by_id", thread_id=said.thread_id)
    assert thread["items"]["has_more"]
    assert len(msgspec.json.encode(thread)) < 1.1 * PAGE_BYTES


async def pages_of(client: ChatKitClient, thread_id: str) -> list[dict[str, Any]]:
    """All pages of a thread, each as long as it may be."""
    pages: list[dict[str, Any]] = []
    while not pages or pages[-1]["has_more"]:
        after = pages[-1]["after"] if pages else None
        pages.append(await client.call("items.list", thread_id=thread_id, limit=100, after=after))
    return pages


async def test_a_body_of_nothing_but_nesting(place: Place) -> None:
    for junk in ("[" * (BODY - 100), '{"a":' * (BODY // 5 - 100), "[" + "1," * (BODY // 2 - 100) + "1]", '"' * BODY):
        answer = await place.client.http.post("/chatkit", content=junk, headers={"content-type": "application/json"})
        assert httpx.codes.is_client_error(answer.status_code)
    values: list[Any] = [{"a": 1, "b": [1, 2]}] * 1_400
    await place.client.refused("threads.add_client_tool_output", thread_id="thr_none", result=values)
