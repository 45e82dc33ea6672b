"""Thoughts become tasks of the workflow: part by part, bounded, and without sending a long one again and again."""

from types import SimpleNamespace
from typing import Any

import pytest
from chatkit.types import ThreadItemAddedEvent, ThreadItemDoneEvent, ThreadItemUpdatedEvent, ThreadStreamEvent
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.agents_sdk.output.thoughts import Thoughts
from app.adapters.agents_sdk.output.workflow import MAX_THOUGHT_CHARACTERS, WorkflowInProgress


class Page:
    """Thoughts with the workflow that they open, and the page that follows its events."""

    def __init__(self) -> None:
        self.events: list[ThreadStreamEvent] = []
        self.shown: list[str] = []
        self.sent = 0
        self._workflow: WorkflowInProgress | None = None
        self._thoughts = Thoughts(self._open)

    def reason(self, kind: str, index: int = 0, output: int = 0, **fields: Any) -> None:
        """One event of the Responses API."""
        event = SimpleNamespace(output_index=output, summary_index=index, content_index=index, **fields)
        self._thoughts.handlers()[f"response.{kind}"](event)

    def item_done(self, summary: list[str], content: list[str], output: int = 0) -> None:
        """A finished reasoning item."""
        parts = [[SimpleNamespace(text=text) for text in texts] for texts in (summary, content)]
        self._thoughts.item_done(output, SimpleNamespace(summary=parts[0], content=parts[1] or None))

    def close(self) -> None:
        """The workflow is finished."""
        assert self._workflow is not None
        self._workflow.close()
        self._workflow = None

    def _open(self) -> WorkflowInProgress:
        if self._workflow is None:
            self._workflow = WorkflowInProgress(self._see, "wf_1", "thr_1")
        return self._workflow

    def _see(self, event: ThreadStreamEvent) -> None:
        self.events.append(event)
        self.sent += len(event.model_dump_json())
        if isinstance(event, ThreadItemAddedEvent | ThreadItemDoneEvent):
            item: Any = event.item
            self.shown = [task.content for task in item.workflow.tasks]
        elif isinstance(event, ThreadItemUpdatedEvent):
            update: Any = event.update
            self.shown[update.task_index :] = [update.task.content]


@given(st.lists(st.lists(st.text(min_size=1), min_size=1, max_size=20), min_size=1, max_size=5), st.booleans())
def test_each_part_is_a_thought_and_whole_when_it_is_done(parts: list[list[str]], raw: bool) -> None:
    page = Page()
    kind = "reasoning_text" if raw else "reasoning_summary_text"
    for index, deltas in enumerate(parts):
        for delta in deltas:
            page.reason(f"{kind}.delta", index, delta=delta)
        page.reason(f"{kind}.done", index, text="".join(deltas))
        whole = ["".join(done).lstrip() for done in parts[: index + 1]]
        assert page.shown == [text for text in whole if text], "a blank part is no thought"


def test_a_long_thought_costs_what_it_is_long_and_not_its_square() -> None:
    sent = {}
    for size in (1_000, 4_000):
        page = Page()
        for _ in range(size):
            page.reason("reasoning_summary_text.delta", delta="a thought ")
        page.close()
        assert page.shown == ["a thought " * size]
        sent[size] = page.sent
    assert sent[4_000] < 5 * sent[1_000]
    assert sent[4_000] < 12 * 4_000 * len("a thought ")


def test_the_thoughts_of_a_workflow_are_bounded() -> None:
    page = Page()
    for index in range(100):
        page.reason("reasoning_summary_text.delta", index, delta="x" * 999)
        page.reason("reasoning_summary_text.done", index, text="x" * 999)
    page.reason("reasoning_text.delta", output=1, delta="y" * 10**6)
    page.close()
    assert sum(map(len, page.shown)) == MAX_THOUGHT_CHARACTERS + 1
    assert page.shown[-1].endswith("x…")


@pytest.mark.parametrize("kind", ["reasoning_summary_part.done", "reasoning_summary_text.done"])
def test_a_part_that_came_without_deltas_is_shown(kind: str) -> None:
    page = Page()
    page.reason(kind, text="Hm.", part=SimpleNamespace(text="Hm."))
    page.item_done(["Hm.", "Well."], [])
    page.item_done([], ["Raw."], output=1)
    assert page.shown == ["Hm.", "Well.", "Raw."]


def test_raw_reasoning_of_an_item_with_a_summary_is_not_shown_twice() -> None:
    page = Page()
    page.reason("reasoning_summary_text.delta", delta="In short.")
    page.reason("reasoning_text.delta", delta="At length.")
    page.item_done(["In short."], ["At length."])
    assert page.shown == ["In short."]


@pytest.mark.parametrize("blank", ["", "\n", "\n\n", "  \n"])
def test_a_blank_thought_opens_no_workflow(blank: str) -> None:
    page = Page()
    page.reason("reasoning_text.delta", delta=blank)
    page.reason("reasoning_text.done", text=blank)
    page.item_done([blank], [blank])
    assert page.events == []


def test_a_thought_that_goes_on_behind_a_closed_workflow_opens_another() -> None:
    page = Page()
    page.reason("reasoning_text.delta", delta="Hm, ")
    page.close()
    page.reason("reasoning_text.delta", delta="well.")
    page.reason("reasoning_text.done", text="Hm, well.")
    assert page.shown == ["well."]
    page.close()
    page.reason("reasoning_text.done", text="Hm, well.")
    page.item_done([], ["Hm, well."])
    assert page.shown == ["well."]
