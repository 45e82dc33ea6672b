"""The pieces of a chat-completions stream: events, tags, calls, usage. Bytes may be cut anywhere."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.providers.shared.chat_completions.reasoning_tags import ReasoningTagSplitter
from app.adapters.providers.shared.chat_completions.response import ResponseBuilder
from app.adapters.providers.shared.chat_completions.sse import SseDecoder
from app.adapters.providers.shared.chat_completions.wire import Chunk, Tokens, UpstreamReportedError, decode
from app.adapters.providers.shared.event_stream import MAX_EVENT_BYTES, EventTooLongError
from tests.contracts.response_events import Heard, check_events, heard
from tests.fakes.chat_media import picture, url
from tests.fakes.chat_wire import OpenAIChat
from tests.fakes.dialects import Call

LINE = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), min_size=1)
CUTS = st.lists(st.integers(min_value=0, max_value=200), max_size=30)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    return [data[start:end] for start, end in itertools.pairwise(edges)]


@given(st.lists(LINE), st.sampled_from(["\n", "\r\n", "\r"]), CUTS)
def test_events_are_the_same_however_their_bytes_are_cut(lines: list[str], newline: str, cuts: list[int]) -> None:
    sent = "".join(f": ping{newline}id: 1{newline}data: {line}{newline}{newline}" for line in lines)
    decoder = SseDecoder()
    got = [event for piece in pieces(sent.encode(), cuts) for event in decoder.feed(piece)]
    assert got + list(filter(None, [decoder.finish()])) == [line.encode() for line in lines]
    assert not decoder.stray


def test_data_over_several_lines_is_one_event() -> None:
    assert SseDecoder().feed(b"data: [\ndata:1]\nevent: x\n\n") == [b"[\n1]"]


@given(CUTS)
def test_a_bare_json_error_is_kept_apart(cuts: list[int]) -> None:
    error = json.dumps([{"error": {"code": 503}}], indent=2).encode()
    decoder = SseDecoder()
    for piece in pieces(b"data: {}\n\n" + error, cuts):
        decoder.feed(piece)
    decoder.finish()
    assert json.loads(decoder.stray) == [{"error": {"code": 503}}]


def test_an_event_has_a_longest_length_and_a_stream_has_none() -> None:
    decoder = SseDecoder()
    for _ in range(40):
        assert len(decoder.feed(b"data: " + b"x" * 1_000_000 + b"\n\n")) == 1
    with pytest.raises(EventTooLongError):
        list(map(decoder.feed, [b"x" * 1_000_000] * (MAX_EVENT_BYTES // 1_000_000 + 2)))


@given(st.text("<>/thougin k", max_size=40), st.text("<>/thougin k", max_size=40), CUTS)
def test_thoughts_are_recognized_however_the_text_is_split(thought: str, text: str, cuts: list[int]) -> None:
    thought, text = thought.replace("</thought>", ""), text.lstrip()
    sent = f"<thought>{thought}</thought>{text}"
    splitter = ReasoningTagSplitter()
    got = [part for piece in pieces(sent.encode(), cuts) for part in splitter.feed(piece.decode())]
    got += splitter.finish()
    expected_thought, expected_text = expected(thought, text)
    assert "".join(part for is_thought, part in got if is_thought) == expected_thought
    assert "".join(part for is_thought, part in got if not is_thought) == expected_text


def expected(thought: str, text: str) -> tuple[str, str]:
    """The first closing tag ends the thought, be it one that thought and tag make together."""
    inside, _, rest = f"{thought}</thought>{text}".partition("</thought>")
    return inside, rest


@given(st.text("<thoug>x ", max_size=30), CUTS)
def test_text_without_a_whole_opening_tag_passes_unchanged(text: str, cuts: list[int]) -> None:
    text = text.replace("<thought>", "")
    splitter = ReasoningTagSplitter()
    got = [part for piece in pieces(text.encode(), cuts) for part in splitter.feed(piece.decode())]
    got += splitter.finish()
    assert "".join(part for _, part in got) == text
    assert not any(is_thought for is_thought, _ in got)


def test_a_tag_in_the_middle_of_an_answer_is_text() -> None:
    splitter = ReasoningTagSplitter()
    assert splitter.feed("Use <think> like this") == [(False, "Use <think> like this")]
    assert splitter.is_plain
    assert splitter.feed("<think>") == [(False, "<think>")]


@given(
    st.lists(st.tuples(st.sampled_from(["weather", "clock"]), st.dictionaries(st.text(max_size=3), st.integers()))),
    st.booleans(),
    st.booleans(),
)
def test_calls_stay_apart_with_or_without_index_and_id(
    made: list[tuple[str, dict[str, int]]], with_index: bool, with_id: bool
) -> None:
    wire, answer = OpenAIChat(), ResponseBuilder("m", {"call_1"})
    frames = []
    for number, (name, arguments) in enumerate(made):
        more = {"index": number} if with_index else {}
        identity = {"id": f"call_{number}"} if with_id else {"id": ""}
        frames.append(wire.frame({"tool_calls": [wire.piece(name, json.dumps(arguments), **more, **identity)]}))
    events = [answer.created()]
    for frame in frames:
        events += answer.feed([decode(frame.removeprefix(b"data: "))])
    events += answer.finish()
    check_events(events)
    assert heard(events).calls == tuple(Call(name, arguments) for name, arguments in made)
    ids = {event.item.call_id for event in events if event.type == "response.output_item.done"}  # type: ignore[union-attr]  # calls alone
    assert "call_1" not in ids, "an id of the history is not used again"


def test_text_that_is_already_there_leaves_as_one_delta() -> None:
    wire, answer = OpenAIChat(), ResponseBuilder("m", set())
    frames = [decode(frame.removeprefix(b"data: ")) for frame in wire.begin("a", "b", "c", "d")]
    deltas = [event.delta for event in answer.feed(frames) if event.type == "response.output_text.delta"]
    assert "".join(deltas) == "abcd"
    assert len(deltas) == 2, "the first word shows that it is no thought; the rest is one run"


def test_thinking_is_counted_whether_or_not_the_upstream_includes_it() -> None:
    gemini = Tokens(prompt_tokens=11, completion_tokens=24, total_tokens=561)
    answer = ResponseBuilder("m", set())
    list(answer.feed([Chunk(usage=Tokens(prompt_tokens=1)), Chunk(usage=gemini), Chunk()]))
    *_, last = answer.finish()
    assert last.type == "response.completed"
    usage = last.response.usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (11, 550, 561)
    assert usage.output_tokens_details.reasoning_tokens == 526


def test_a_later_thought_is_a_new_item_and_the_message_stays_one() -> None:
    wire, answer = OpenAIChat(), ResponseBuilder("m", set())
    deltas = [{"reasoning_content": "a"}, {"content": "x"}, {"reasoning_content": "b"}, {"content": "y"}]
    events = [answer.created()]
    for delta in deltas:
        events += answer.feed([decode(wire.frame(delta).removeprefix(b"data: "))])
    events += answer.finish()
    check_events(events)
    assert heard(events) == Heard(text="xy", thought="ab")
    done = [event.item.type for event in events if event.type == "response.output_item.done"]
    assert done == ["reasoning", "reasoning", "message"]


@pytest.mark.parametrize(
    "frame",
    [
        {"error": {"code": 503}},
        [{"error": {"code": 503}}],
        {"error": "busy"},
        {"object": "error", "message": "busy"},
        {"type": "error", "error": {"type": "overloaded_error"}},
        {"error": {"code": "server_error"}, "choices": [{"delta": {}, "finish_reason": "error"}]},
    ],
)
def test_an_error_among_the_frames_is_found_in_any_shape(frame: object) -> None:
    with pytest.raises(UpstreamReportedError):
        decode(json.dumps(frame).encode())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "url", "url_citation", "image_url", "b64_json", "title"]), inner)
    ),
)


@given(st.lists(st.tuples(st.sampled_from(["annotations", "images"]), JSON), max_size=6), st.text(max_size=5))
def test_citations_and_images_of_any_shape_keep_the_order_of_events(added: list[tuple[str, object]], text: str) -> None:
    wire, answer = OpenAIChat(), ResponseBuilder("m", set())
    whole = [("annotations", [url("https://example.com", 1)]), ("images", [picture("aGk=")])]
    deltas: list[dict[str, Any]] = [
        {"content": text},
        *({name: value} for name, value in added + whole),
        {"content": "end"},
    ]
    events = [answer.created()]
    for delta in deltas:
        events += answer.feed([decode(wire.frame(delta).removeprefix(b"data: "))])
    events += answer.finish()
    check_events(events)
    assert heard(events).text == f"{text}end"
    done = [event.item.type for event in events if event.type == "response.output_item.done"]
    assert done[0] == "message"
    assert done[1:] == ["image_generation_call"] * (len(done) - 1)
