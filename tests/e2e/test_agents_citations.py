"""Citations: each shape of the Responses API, streamed as annotations and stored with the message."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from chatkit.types import AssistantMessageContentPartAnnotationAdded, AssistantMessageItem, ThreadItemUpdatedEvent

from tests.chatkit_client import ChatKitClient, Exchange
from tests.e2e.test_agents_hosted_tools import WIRE, Table
from tests.fakes.dialects import SECRET
from tests.fakes.upstream import Reply, Upstream, stream
from tests.server import running

TEXT = "Thirty days a year, says the handbook."


@pytest.fixture(scope="module")
async def table(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Table, None]:
    async with Upstream(WIRE.guard) as upstream:
        environment = {
            "OPENAI_API_KEY": SECRET,
            "OPENAI_API": "responses",
            "OPENAI_BASE_URL": f"{upstream.url}/v1",
            "OPENAI_MODEL": "gpt-4.1",
        }
        async with (
            running(tmp_path_factory.mktemp("cited"), environment) as server,
            ChatKitClient(server.url) as client,
        ):
            yield Table(client, upstream)


def url(address: str, end: int, title: str | None = None, **more: Any) -> dict[str, Any]:
    titled = {} if title is None else {"title": title}
    return {"type": "url_citation", "url": address, "start_index": 0, "end_index": end, **titled, **more}


def file(filename: str, index: int, file_id: str = "file-1") -> dict[str, Any]:
    return {"type": "file_citation", "file_id": file_id, "filename": filename, "index": index}


def cited(exchange: Exchange) -> list[tuple[Any, ...]]:
    [message] = [item for item in exchange.items if isinstance(item, AssistantMessageItem)]
    return [gist(annotation) for annotation in message.content[0].annotations]


def gist(annotation: Any) -> tuple[Any, ...]:
    source = annotation.source
    return source.type, source.title, getattr(source, "url", None) or source.filename, annotation.index


def announced(exchange: Exchange) -> list[tuple[Any, ...]]:
    updates = [event.update for event in exchange.events if isinstance(event, ThreadItemUpdatedEvent)]
    added = [update for update in updates if isinstance(update, AssistantMessageContentPartAnnotationAdded)]
    assert [update.annotation_index for update in added] == list(range(len(added)))
    return [gist(update.annotation) for update in added]


async def test_every_shape_is_an_annotation_that_is_streamed_and_stored(table: Table) -> None:
    container = {"type": "container_file_citation", "container_id": "cntr_1", "file_id": "cfile_1"}
    table.upstream.script(
        WIRE.cited(
            TEXT,
            url("https://www.example.com/a?utm_source=openai", 18, "The handbook"),
            file("handbook.pdf", 37),
            {**container, "filename": "plot.csv", "start_index": 3, "end_index": 9},
            {"type": "file_path", "file_id": "file-9", "index": 0},
        )
    )
    exchange = await table.client.say("How many?")
    expected = [
        ("url", "The handbook", "https://www.example.com/a?utm_source=openai", 18),
        ("file", "handbook.pdf", "handbook.pdf", 37),
        ("file", "plot.csv", "plot.csv", 9),
        ("file", "file-9", "file-9", None),
    ]
    assert (exchange.text, exchange.error) == (TEXT, None)
    assert announced(exchange) == expected
    assert cited(exchange) == expected
    page = await table.client.call("items.list", thread_id=exchange.thread_id, order="asc", limit=100)
    stored = page["data"][-1]["content"][0]["annotations"]
    assert [(one["source"]["title"], one.get("index")) for one in stored] == [
        (title, index) for _, title, _, index in expected
    ]


async def test_a_citation_without_a_title_or_place_has_a_title_all_the_same(table: Table) -> None:
    table.upstream.script(
        WIRE.cited(
            TEXT,
            url("https://www.example.com/a", 5),
            url("https://example.org/b", 0, ""),
            url("https://example.net/c", 4_000, "  Far\n away "),
            file("", 2),
        )
    )
    exchange = await table.client.say("How many?")
    assert cited(exchange) == [
        ("url", "example.com", "https://www.example.com/a", 5),
        ("url", "example.org", "https://example.org/b", None),
        ("url", "Far away", "https://example.net/c", len(TEXT)),
        ("file", "file-1", "file-1", 2),
    ]


async def test_a_repeated_unusable_or_unknown_citation_is_left_out(table: Table) -> None:
    once = url("https://example.com/a", 5, "A")
    odd: list[Any] = [
        once,
        once,
        url("https://example.com/a", 9, "A"),
        url("javascript:alert(1)", 3, "Run"),
        url("ftp://example.com", 3, "F"),
        url("https://[broken", 3, "B"),
        url("https://example.com/" + "a" * 5_000, 3, "Long"),
        {"type": "url_citation"},
        {"type": "hologram", "of": 1},
        {"type": "file_citation", "file_id": None, "filename": None, "index": "x"},
    ]
    table.upstream.script(WIRE.cited(TEXT, *odd), WIRE.text("And?"))
    exchange = await table.client.say("How many?")
    assert (exchange.text, exchange.error) == (TEXT, None)
    assert [(title, index) for _, title, _, index in cited(exchange)] == [("A", 5), ("A", 9)]
    assert (await table.client.say("Again.", exchange.thread_id)).text == "And?"


async def test_there_is_a_limit_for_the_citations_of_a_text(table: Table) -> None:
    table.upstream.script(WIRE.cited(TEXT, *(url(f"https://example.com/{place}", 1, "A") for place in range(200))))
    exchange = await table.client.say("How many?")
    assert len(cited(exchange)) == len(announced(exchange)) == 50


async def test_citations_that_only_the_finished_message_names_are_shown(table: Table) -> None:
    table.upstream.script(WIRE.answer(WIRE.said(TEXT, [url("https://example.com/a", 5, "A")])), _early())
    for _ in range(2):
        exchange = await table.client.say("How many?")
        assert cited(exchange) == announced(exchange) == [("url", "A", "https://example.com/a", 5)]


async def test_every_part_of_an_answer_is_shown_and_cited_whichever_events_announced_it(table: Table) -> None:
    first, second = _part("Thirty days. ", url("https://example.com/a", 6, "A")), _part("Ask first.", file("b.pdf", 3))
    message = {**WIRE.said(""), "content": [first, second]}
    whole = WIRE.event("response.completed", response=WIRE.response("completed", [message]))
    table.upstream.script(stream(*_streamed(first, second), whole), stream(*_streamed(first), whole), stream(whole))
    for _ in range(3):
        exchange = await table.client.say("How many?")
        [shown] = [item for item in exchange.items if isinstance(item, AssistantMessageItem)]
        assert [part.text for part in shown.content] == ["Thirty days. ", "Ask first."]
        assert [[gist(one)[1] for one in part.annotations] for part in shown.content] == [["A"], ["b.pdf"]]


async def test_a_text_whose_events_name_another_part_is_shown_once(table: Table) -> None:
    message = {**WIRE.said(""), "content": [_part(""), _part(TEXT)]}
    whole = WIRE.event("response.completed", response=WIRE.response("completed", [message]))
    table.upstream.script(stream(*_streamed(_part(TEXT)), whole))
    assert (await table.client.say("How many?")).text == TEXT


async def test_a_part_of_an_unknown_type_is_left_out(table: Table) -> None:
    message = {**WIRE.said(""), "content": [{"type": "shiny", "shine": 11}, _part(TEXT)]}
    whole = WIRE.event("response.completed", response=WIRE.response("completed", [message]))
    table.upstream.script(stream(whole), WIRE.text("Yes."))
    exchange = await table.client.say("How many?")
    assert (exchange.text, exchange.error) == (TEXT, None)
    assert (await table.client.say("Really?", exchange.thread_id)).text == "Yes."


def _part(text: str, *annotations: Any) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [*annotations], "logprobs": []}


def _streamed(*parts: dict[str, Any]) -> list[bytes]:
    """The deltas and citations of the first parts of a message."""
    frames = []
    for index, part in enumerate(parts):
        about = {"item_id": "msg_1", "output_index": 0, "content_index": index}
        frames.append(WIRE.event("response.output_text.delta", delta=part["text"], logprobs=[], **about))
        for number, one in enumerate(part["annotations"]):
            added = {"annotation": one, "annotation_index": number}
            frames.append(WIRE.event("response.output_text.annotation.added", **added, **about))
    return frames


def _early() -> Reply:
    """A citation that comes before the text it belongs to."""
    citation = url("https://example.com/a", 5, "A")
    about = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    message = WIRE.said(TEXT, [citation])
    return stream(
        WIRE.event("response.created", response=WIRE.response("in_progress", [], usage=None)),
        WIRE.event("response.output_text.annotation.added", annotation=citation, annotation_index=0, **about),
        WIRE.event("response.output_text.delta", delta=TEXT, logprobs=[], **about),
        WIRE.event("response.output_item.done", output_index=0, item=message),
        WIRE.event("response.completed", response=WIRE.response("completed", [message])),
    )
