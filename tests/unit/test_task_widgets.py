"""The widget of the task list."""

import datetime as dt
from typing import Any

import pytest
from chatkit.widgets import StrictWidgetRoot
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from app.application.widgets.task_list import ROWS_SHOWN, task_list, task_list_text
from app.domain.task import TITLE_LIMIT, Priority, Status, Task

NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
STRICT: TypeAdapter[Any] = TypeAdapter(StrictWidgetRoot)


def some_task(title: str = "buy milk", **more: Any) -> Task:
    return Task(id=f"task_{title}", user_id="ada", title=title, created_at=NOW, updated_at=NOW, **more)


def drawn(*tasks: Task) -> dict[str, Any]:
    """The widget as it is sent; every component and every property is one that ChatKit knows."""
    sent = task_list(tasks).model_dump(mode="json", exclude_none=True)
    assert STRICT.validate_python(sent).model_dump(mode="json", exclude_none=True) == sent
    return sent


def words(component: dict[str, Any]) -> list[str]:
    """Everything that can be read in a component, from left to right."""
    own = [component[name] for name in ("value", "label", "name") if name in component]
    return own + [word for child in component.get("children", ()) for word in words(child)]


def test_a_row_tells_status_title_due_date_and_priority() -> None:
    milk = some_task(priority=Priority.HIGH, due=dt.date(2026, 12, 1))
    bread = some_task("bread", status=Status.COMPLETED)
    first, second = drawn(milk, bread)["children"]
    assert words(first) == ["empty-circle", "buy milk", "due 2026-12-01", "high"]
    assert words(second) == ["check-circle-filled", "bread", "medium"]


def test_what_is_done_is_struck_through() -> None:
    for status, struck in ((Status.PENDING, False), (Status.COMPLETED, True)):
        [row] = drawn(some_task(status=status))["children"]
        assert row["children"][1]["children"][0]["lineThrough"] is struck


def test_rows_are_named_by_their_tasks() -> None:
    rows = drawn(some_task("one"), some_task("two"))["children"]
    assert [row["key"] for row in rows] == ["task_one", "task_two"]


@pytest.mark.parametrize(
    ("open_tasks", "done", "header"), [(0, 0, "Tasks (0)"), (2, 0, "Tasks (2)"), (1, 2, "Tasks (1 open, 2 done)")]
)
def test_the_header_counts(open_tasks: int, done: int, header: str) -> None:
    tasks = [some_task()] * open_tasks + [some_task(status=Status.COMPLETED)] * done
    assert drawn(*tasks)["status"]["text"] == header


def test_an_empty_list_has_a_friendly_row() -> None:
    [row] = drawn()["children"]
    assert "No tasks" in words(row)[0]
    assert task_list_text([]) == "No tasks"


def test_a_long_list_is_folded() -> None:
    widget = drawn(*[some_task()] * (ROWS_SHOWN + 1))
    assert (len(widget["children"]), widget["limit"]) == (ROWS_SHOWN + 1, ROWS_SHOWN)


def test_the_text_for_copying_has_a_line_a_task() -> None:
    tasks = [some_task(due=dt.date(2026, 12, 1)), some_task("خبز", status=Status.COMPLETED, priority=Priority.LOW)]
    assert task_list_text(tasks) == "[ ] buy milk (medium, due 2026-12-01)\n[x] خبز (low)"


@given(st.text(min_size=1, max_size=TITLE_LIMIT), st.sampled_from(Status), st.sampled_from(Priority), st.dates())
def test_any_title_stays_one_text(title: str, status: Status, priority: Priority, due: dt.date) -> None:
    [row] = drawn(some_task(title, status=status, priority=priority, due=due))["children"]
    assert words(row)[1] == title
