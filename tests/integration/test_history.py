"""History: the input of a model from a thread."""

import datetime as dt
from typing import Any

import pytest
from agents.items import TResponseInputItem
from chatkit.types import ThreadItem, ThreadMetadata
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from app.adapters.agents_sdk.input.model_input import to_model_input
from app.adapters.stores.memory import MemoryStorage
from app.application.conversation.history import history_of
from app.domain.conversation import HistoryWindow
from app.domain.identity import RequestContext
from app.domain.model_ref import ModelRef
from app.ports.agent_runner import HistoryEntry
from app.ports.turn_log import TurnRecord

ADA = RequestContext(user_id="ada")
NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
ITEMS: TypeAdapter[ThreadItem] = TypeAdapter(ThreadItem)
MODEL = ModelRef("gemini", "gemini-2.5-flash")
WIDE = HistoryWindow(items=100, tokens=100_000)
CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "get_task", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "call_1", "output": "milk"}
SAID = {
    "type": "message",
    "id": "msg_up",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": "Milk.", "annotations": []}],
}
THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "secret"}


class Thread:
    """Thread in a store, to which a test adds turns."""

    def __init__(self) -> None:
        self.storage = MemoryStorage()
        self._count = 0

    async def begin(self) -> "Thread":
        await self.storage.threads.save_thread(ThreadMetadata(id="thr_1", created_at=NOW), ADA)
        return self

    async def add(self, kind: str, **fields: Any) -> str:
        self._count += 1
        item_id = f"item_{self._count}"
        at = NOW + dt.timedelta(seconds=self._count)
        given = {"id": item_id, "thread_id": "thr_1", "created_at": at, "type": kind, **fields}
        await self.storage.threads.add_thread_item("thr_1", ITEMS.validate_python(given), ADA)
        return item_id

    async def user(self, text: str) -> str:
        content = [{"type": "input_text", "text": text}]
        return await self.add("user_message", content=content, inference_options={})

    async def assistant(self, text: str) -> str:
        return await self.add("assistant_message", content=[{"type": "output_text", "text": text}])

    async def turn(self, after: str, item_ids: list[str], *items: dict[str, Any], model: ModelRef = MODEL) -> None:
        record = TurnRecord(
            id=f"turn_{after}",
            thread_id="thr_1",
            after_item_id=after,
            status="completed",
            provider=model.provider,
            model=model.model,
            started_at=NOW,
            finished_at=NOW,
            model_items=list(items),
            item_ids=item_ids,
        )
        await self.storage.turn_log.save(record, ADA)

    async def history(self, window: HistoryWindow = WIDE) -> list[HistoryEntry]:
        recalled = await self.storage.threads.load_context("thr_1", window.items, ADA)
        return list(history_of(recalled, window).entries)

    async def told(self, window: HistoryWindow = WIDE, model: ModelRef = MODEL) -> list[TResponseInputItem]:
        return await to_model_input(await self.history(window), model)


@pytest.fixture
async def thread() -> Thread:
    return await Thread().begin()


def words(items: list[TResponseInputItem]) -> list[str]:
    """Return a short form of each item."""
    gist = []
    for item in items:
        fields: dict[str, Any] = dict(item)
        content = fields.get("content")
        parts = content if isinstance(content, str) else "".join(part["text"] for part in content or [])
        gist.append(parts or fields["type"])
    return gist


async def test_a_turn_stands_where_its_items_stood_with_its_calls_and_results(thread: Thread) -> None:
    asked = await thread.user("What?")
    shown = [await thread.add("workflow", workflow={"type": "custom", "tasks": []}), await thread.assistant("Milk.")]
    await thread.turn(asked, shown, CALL, RESULT, SAID)
    await thread.user("Thanks")
    told = await thread.told()
    assert words(told) == ["What?", "function_call", "function_call_output", "Milk.", "Thanks"]
    assert told[1:4] == [CALL, RESULT, SAID], "its own model gets them as they were"


async def test_another_model_gets_calls_results_and_words_alone(thread: Thread) -> None:
    asked = await thread.user("What?")
    await thread.turn(asked, [await thread.assistant("Milk.")], THOUGHT, CALL, RESULT, SAID)
    await thread.user("Thanks")
    told = await thread.told(model=ModelRef("openai", "gpt-5"))
    assert words(told) == ["What?", "function_call", "function_call_output", "Milk.", "Thanks"]
    assert "secret" not in str(told)
    assert "fc_1" not in str(told)


async def test_items_without_a_turn_are_sent_as_they_are(thread: Thread) -> None:
    asked = await thread.user("Count")
    await thread.assistant("one two")  # The turn was stopped, and its record has no such item.
    await thread.turn(asked, [], CALL, RESULT)
    await thread.add("sdk_hidden_context", content="stopped by the user")
    await thread.user("Go on")
    gist = words(await thread.told())
    assert gist[:4] == ["Count", "function_call", "function_call_output", "one two"]
    assert "stopped by the user" in gist[4]
    assert gist[5] == "Go on"


async def test_a_retry_does_not_pass_the_earlier_answer_to_the_model(thread: Thread) -> None:
    asked = await thread.user("What?")
    await thread.turn(asked, [], CALL, RESULT, SAID)
    assert words(await thread.told()) == ["What?"]


async def test_the_window_is_bounded_by_items(thread: Thread) -> None:
    for number in range(10):
        await thread.user(f"message {number}")
    assert words(await thread.told(HistoryWindow(items=3, tokens=100_000))) == [f"message {n}" for n in (7, 8, 9)]


async def test_the_window_is_bounded_by_tokens_and_holds_whole_turns(thread: Thread) -> None:
    asked = await thread.user("Look it up")
    await thread.turn(asked, [await thread.assistant("Long.")], CALL, {**RESULT, "output": "x" * 8_000}, SAID)
    await thread.user("And now?")
    assert words(await thread.told(HistoryWindow(items=100, tokens=3_000)))[1] == "function_call"
    assert words(await thread.told(HistoryWindow(items=100, tokens=1_000))) == ["And now?"]
    assert words(await thread.told(HistoryWindow(items=100, tokens=1))) == ["And now?"], "the newest is always told"


@given(st.lists(st.integers(0, 10_000), min_size=1), st.integers(100, 5_000))
def test_what_fits_is_the_longest_tail_within_the_bound(sizes: list[int], tokens: int) -> None:
    count = HistoryWindow(items=1, tokens=tokens).newest(sizes)
    assert 1 <= count <= len(sizes)
    assert count == 1 or sum(sizes[-count:]) <= tokens * 4
    assert count == len(sizes) or sum(sizes[-count - 1 :]) > tokens * 4


async def test_every_item_of_a_thread_can_be_passed_to_the_model(thread: Thread) -> None:
    await thread.add("widget", widget={"type": "Card", "children": []}, copy_text="a card")
    await thread.add("widget", widget={"type": "Card", "children": []})
    await thread.add("task", task={"type": "custom", "title": "did"})
    await thread.add("generated_image", image={"id": "i", "url": "https://images.invalid/a.png"})
    await thread.add("structured_input", status="answered", inputs=[{"type": "freeform", "id": "q", "question": "Q?"}])
    await thread.add("client_tool_call", call_id="c", name="look", arguments={}, status="completed", output={"a": 1})
    await thread.add("client_tool_call", call_id="d", name="look", arguments={})
    await thread.add("hidden_context_item", content={"any": ["json"]})
    await thread.add("end_of_turn")
    await thread.add(
        "user_message",
        content=[{"type": "input_tag", "id": "task_7", "text": "milk", "data": {}}],
        attachments=[{"type": "file", "id": "atc_1", "name": "a.txt", "mime_type": "text/plain"}],
        quoted_text="quoted",
        inference_options={},
    )
    told = str(await thread.told())
    for trace in ("a card", "did", "Q?", "'call_id': 'c'", "any", "task_7", "a.txt", "quoted"):
        assert trace in told
    assert "did not answer" in told, "a call that still waits is told as given up: models take none without a result"
