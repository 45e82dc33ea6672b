"""Annotations: links from an answer to the tasks that it names."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.agents_sdk.output.annotations import Annotator
from app.domain.ids import new_id

MILK, OATS = f"task_{1:032x}", f"task_{2:032x}"


def annotator(*tasks: tuple[str, str]) -> Annotator:
    """An annotator that remembers these tasks from a list."""
    made = Annotator()
    made.remember(json.dumps({"tasks": [{"id": task_id, "title": title} for task_id, title in tasks]}))
    return made


def links(found: Annotator, text: str) -> list[tuple[str, int | None]]:
    return [(note.source.id, note.index) for note in found.annotate(text) if note.source.type == "entity"]


def test_a_title_is_linked_where_it_ends() -> None:
    text = "I added “buy milk” for you; buy milk is due."
    assert links(annotator((MILK, "buy milk")), text) == [(MILK, text.index("”"))]


@pytest.mark.parametrize("text", ["", "Buy milk", "rebuy milk", "buy milky", "buy  milk"])
def test_only_the_exact_title_counts(text: str) -> None:
    assert links(annotator((MILK, "buy milk")), text) == []


def test_the_longer_title_wins_and_the_order_is_that_of_the_text() -> None:
    found = annotator((MILK, "buy milk"), (OATS, "buy milk for oats"))
    assert [task for task, _ in links(found, "First buy milk for oats, then buy milk.")] == [OATS, MILK]
    assert [task for task, _ in links(found, "Just buy milk for oats.")] == [OATS]


def test_a_renamed_task_goes_by_its_new_title() -> None:
    found = annotator((MILK, "buy milk"))
    found.remember(json.dumps({"updated": {"id": MILK, "title": "buy tea"}}))
    assert links(found, "From buy milk to buy tea.") == [(MILK, 24)]


@pytest.mark.parametrize(
    "result",
    [
        "no JSON",
        "[1, null]",
        json.dumps({"deleted": {"id": MILK, "title": "buy milk"}}),
        json.dumps({"found": {"id": "task_1", "title": "buy milk"}}),
        json.dumps({"found": {"id": MILK, "title": 7}}),
        json.dumps({"found": {"id": MILK, "title": "b"}}),
    ],
)
def test_what_is_no_task_is_not_linked(result: str) -> None:
    made = Annotator()
    made.remember(result)
    assert links(made, "b, buy milk, 7") == []


@given(st.lists(st.text(min_size=1, max_size=8), max_size=5), st.text(max_size=60), st.text())
def test_any_titles_and_any_text(titles: list[str], text: str, result: str) -> None:
    found = annotator(*((new_id("task"), title) for title in titles))
    found.remember(result)
    full_text = text + "".join(titles)
    for note in found.annotate(full_text):
        assert isinstance(note.index, int)
        assert full_text[: note.index].endswith(note.source.title)


def test_every_link_is_one_that_chatkit_knows() -> None:
    [note] = annotator((MILK, "buy milk")).annotate("buy milk")
    sent: dict[str, Any] = note.model_dump(mode="json", exclude_none=True)
    assert sent["source"]["type"] == "entity"
    assert sent["source"]["interactive"] is True
