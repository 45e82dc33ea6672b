"""The delta fast path: the same text in the same order as events, and never a token twice."""

import asyncio
from collections.abc import Sequence
from typing import Any

from chatkit.types import AssistantMessageContentPartTextDelta, ProgressUpdateEvent, ThreadItemUpdatedEvent
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.agents_sdk.output.outlet import Outlet
from app.adapters.providers.shared.chat_completions.response import ResponseBuilder
from app.adapters.providers.shared.chat_completions.wire import Choice, Chunk, Delta, Function, ToolCall

WORDS = st.text("<>thougn ab", min_size=1, max_size=8)
DELTAS = st.one_of(
    st.builds(Delta, content=WORDS),
    st.builds(Delta, reasoning=WORDS),
    st.builds(Delta, refusal=WORDS),
    st.just(Delta(tool_calls=[ToolCall(index=0, id="call_1", function=Function(name="f", arguments="{}"))])),
)
READS = st.lists(st.lists(DELTAS, max_size=4), max_size=8)


class Receiver:
    """Records the text of the delta fast path."""

    def __init__(self) -> None:
        self.text: list[str] = []

    def write(self, text: str) -> None:
        self.text.append(text)


def events(
    answer: ResponseBuilder, reads: Sequence[Sequence[Delta]], receiver: Receiver | None
) -> list[tuple[str, str]]:
    """Kinds and texts of all events, with the text of the fast path in its place."""
    found = []
    for read in reads:
        for event in answer.feed([Chunk(choices=[Choice(delta=delta)]) for delta in read]):
            found += _received(receiver)
            found.append((event.type, getattr(event, "delta", "")))
        found += _received(receiver)
    for event in answer.finish():
        found += _received(receiver)
        found.append((event.type, getattr(event, "text", "")))
    return found


def _received(receiver: Receiver | None) -> list[tuple[str, str]]:
    texts = receiver.text if receiver else []
    found = [("response.output_text.delta", text) for text in texts]
    texts.clear()
    return found


@given(READS)
def test_a_receiver_gets_the_text_that_an_event_would_carry_in_its_place(reads: list[list[Delta]]) -> None:
    receiver = Receiver()
    assert events(ResponseBuilder("m", set(), receiver), reads, receiver) == events(
        ResponseBuilder("m", set()), reads, None
    )


async def test_text_takes_the_fast_path_only_when_no_event_waits() -> None:
    sunk: list[str] = []
    outlet = Outlet("thr_1", lambda kind: "msg_1", lambda message, part, delta: sunk.append(delta))
    message = outlet.open_message()
    message.add(0, "a")
    kinds = [event.type for _ in range(3) if (event := await outlet.next())]
    message.add(0, "b")  # The reader has not come back from the last event yet.
    last = await outlet.next()
    assert isinstance(last, ThreadItemUpdatedEvent)
    assert isinstance(last.update, AssistantMessageContentPartTextDelta)
    assert (kinds, last.update.delta, sunk) == (["thread.item.added", *["thread.item.updated"] * 2], "b", [])


async def test_text_takes_the_fast_path_while_the_reader_waits_until_the_next_event() -> None:
    sunk: list[str] = []
    outlet = Outlet("thr_1", lambda kind: "msg_1", lambda message, part, delta: sunk.append(delta))
    message = outlet.open_message()
    message.add(0, "a")
    read: list[Any] = []

    async def drive() -> None:
        message.add(0, "b")
        outlet.emit(ProgressUpdateEvent(text="…"))
        message.add(0, "c")
        outlet.finish()

    while (event := await outlet.next()) is not None:
        read.append(event)
        if len(read) == 3:
            asyncio.get_running_loop().call_soon(lambda: asyncio.ensure_future(drive()))
    texts = [event.update.delta for event in read if getattr(getattr(event, "update", None), "delta", None)]
    assert sunk == ["b"]
    assert texts == ["a", "c"]
    assert read[-1].item.content[0].text == "abc"
