"""Stream of response events: its content, and the order that the Responses API requires."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec
from agents.items import TResponseStreamEvent

from tests.fakes.dialects import Call


class Heard(msgspec.Struct, frozen=True):
    """What came out of a stream, however it ended."""

    text: str = ""
    thought: str = ""
    calls: tuple[Call, ...] = ()


def heard(events: Sequence[TResponseStreamEvent]) -> Heard:
    """All text (refusals included), all thoughts, and all calls that were finished."""
    text, thought, calls = "", "", []
    for event in events:
        match event.type:
            case "response.output_text.delta" | "response.refusal.delta":
                text += event.delta
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                thought += event.delta
            case "response.output_item.done" if event.item.type == "function_call":
                calls.append(Call(event.item.name, json.loads(event.item.arguments)))
    return Heard(text, thought, tuple(calls))


def check_events(events: Sequence[TResponseStreamEvent]) -> None:
    """Assert that items begin, grow and end in order, and that the response is the sum of them."""
    assert events[0].type == "response.created"
    assert [event.type for event in events].count("response.completed") == 1
    last: Any = events[-1]
    assert last.type == "response.completed"
    numbers = [event.sequence_number for event in events]
    assert numbers == sorted(set(numbers))

    open_items: dict[int, str] = {}
    done: dict[int, Any] = {}
    grown: dict[tuple[int, int], str] = {}
    for event in events[1:-1]:
        _follow(event, open_items, done, grown)
    assert not open_items, "every item that begins is finished"
    assert [item.model_dump() for item in last.response.output] == [done[place].model_dump() for place in sorted(done)]
    identities = [item.id for item in last.response.output]
    assert len(set(identities)) == len(identities)
    calls = [item.call_id for item in last.response.output if item.type == "function_call"]
    assert all(calls)
    assert len(set(calls)) == len(calls)


def _follow(event: Any, open_items: dict[int, str], done: dict[int, Any], grown: dict[tuple[int, int], str]) -> None:
    if event.type == "response.output_item.added":
        assert event.output_index not in open_items
        assert event.output_index not in done
        open_items[event.output_index] = event.item.id
    elif event.type == "response.output_item.done":
        assert open_items.pop(event.output_index) == event.item.id
        done[event.output_index] = event.item
    elif hasattr(event, "output_index"):
        assert open_items[event.output_index] == event.item_id
        part = (event.output_index, getattr(event, "content_index", getattr(event, "summary_index", 0)))
        if event.type.endswith(".delta"):
            grown[part] = grown.get(part, "") + event.delta
        whole = getattr(event, "text", None) or getattr(event, "arguments", None) or getattr(event, "refusal", None)
        if event.type.endswith(".done") and whole:
            assert grown.get(part, whole) == whole
