"""The widgets of tasks: what is in them, and that ChatKit knows every component and property."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from chatkit.widgets import StrictWidgetRoot, WidgetRoot
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from app.application.conversation.languages import Languages
from app.application.tasks.clicks import Click, Edit, Open, Save, ShowList, read_click
from app.application.tasks.widgets.components import TaskListView
from app.application.tasks.widgets.task_card import closing_card, deletion_card, task_card, task_card_text
from app.application.tasks.widgets.task_form import Draft, task_form
from app.application.tasks.widgets.task_list import (
    COUNTED,
    PAGE,
    TaskPage,
    listed_ids,
    page_of,
    task_list,
    task_list_text,
)
from app.domain.language import use_language
from app.domain.task import TITLE_LIMIT, Priority, Status, Task

LANGUAGES = Languages.read()
TODAY = dt.date(2026, 11, 21)
NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
FIRST = TaskListView()
BACK = TaskListView(Status.PENDING, "task_last")
STRICT: TypeAdapter[Any] = TypeAdapter(StrictWidgetRoot)

Json = dict[str, Any]


def some_task(title: str = "buy milk", **more: Any) -> Task:
    return Task(id=f"task_{title}", user_id="ada", title=title, created_at=NOW, updated_at=NOW, **more)


def sent(widget: WidgetRoot) -> Json:
    """The widget as it is sent; every component and every property is one that ChatKit knows."""
    json = widget.model_dump(mode="json", exclude_none=True)
    assert STRICT.validate_python(json).model_dump(mode="json", exclude_none=True) == json
    return json


def drawn(*tasks: Task, view: TaskListView = FIRST, more: int = 0) -> Json:
    return sent(task_list(TaskPage(view=view, tasks=tasks, more=more), TODAY))


def components(node: Json) -> Iterator[Json]:
    """Everything in a widget, from the outside in."""
    yield node
    for child in node.get("children", ()):
        yield from components(child)


def words(node: Json) -> list[str]:
    """Everything that can be read in it, in the order of reading."""
    return [one[name] for one in components(node) for name in ("value", "label", "name", "iconStart") if name in one]


def clicks(node: Json) -> list[Json]:
    """All actions in a widget."""
    found = [one[name] for one in components(node) for name in ("onClickAction", "onSubmitAction") if name in one]
    return found + [node[name]["action"] for name in ("confirm", "cancel") if name in node]


EVERY: Sequence[WidgetRoot] = [
    task_list(TaskPage(view=BACK, tasks=[some_task(), some_task("b", status=Status.COMPLETED)], more=3), TODAY),
    task_list(TaskPage(tasks=[]), TODAY),
    task_card(some_task(description="2 l", due=TODAY), TODAY, BACK, "Look!"),
    task_card(some_task(status=Status.COMPLETED), TODAY),
    task_form(some_task(due=TODAY), BACK, remark="Look!"),
    deletion_card(some_task(), BACK),
    closing_card("Gone.", BACK),
    closing_card("Gone."),
]


@pytest.mark.parametrize("widget", EVERY)
def test_every_widget_is_known_to_chatkit_and_every_action_to_us(widget: WidgetRoot) -> None:
    for click in clicks(sent(widget)):
        fields = {"title": "x", "priority": "low"} if click["type"] == "tasks.save" else {}
        assert isinstance(read_click(click["type"], click["payload"] | fields), Click)


# The list


def test_a_row_shows_status_title_due_date_and_priority() -> None:
    milk = some_task(priority=Priority.HIGH, due=dt.date(2026, 12, 1))
    bread = some_task("bread", status=Status.COMPLETED)
    first, second = drawn(milk, bread)["children"]
    assert words(first) == ["empty-circle", "buy milk", "due Dec 1, 2026", "high", "Open"]
    assert words(second) == ["check-circle-filled", "bread", "medium", "Open"]


@pytest.mark.parametrize(
    ("days", "status", "told", "color"),
    [
        (1, Status.PENDING, "due Nov 22, 2026", "secondary"),
        (0, Status.PENDING, "due today", "warning"),
        (-1, Status.PENDING, "overdue since Nov 20, 2026", "danger"),
        (-1, Status.COMPLETED, "due Nov 20, 2026", "secondary"),
    ],
)
def test_what_is_late_is_seen(days: int, status: Status, told: str, color: str) -> None:
    widget = drawn(some_task(due=TODAY + dt.timedelta(days), status=status))
    [caption] = [one for one in components(widget) if one["type"] == "Caption"]
    assert (caption["value"], caption["color"]) == (told, color)


def test_what_is_done_is_struck_through_and_can_be_reopened() -> None:
    for status, struck, kind in ((Status.PENDING, False, "complete"), (Status.COMPLETED, True, "reopen")):
        [row] = drawn(some_task(status=status))["children"]
        assert row["children"][1]["children"][0]["lineThrough"] is struck
        assert [click["type"] for click in clicks(row)] == [f"tasks.{kind}", "tasks.open"]


def test_rows_are_named_by_their_tasks_and_lead_back_to_the_list() -> None:
    widget = task_list(TaskPage(view=BACK, tasks=[some_task("one"), some_task("two")]), TODAY)
    assert listed_ids(widget) == ["task_one", "task_two"]
    back = {"status": "pending", "after": "task_last"}
    assert clicks(sent(widget))[1]["payload"] == {"id": "task_one", "list": back}


@pytest.mark.parametrize(
    ("open_tasks", "done", "more", "header"),
    [(0, 0, 0, "Tasks (0)"), (2, 0, 0, "Tasks (2)"), (1, 2, 0, "Tasks (1 open, 2 done)"), (2, 0, 5, "Tasks")],
)
def test_the_header_counts_what_it_can_see(open_tasks: int, done: int, more: int, header: str) -> None:
    tasks = [some_task()] * open_tasks + [some_task(status=Status.COMPLETED)] * done
    assert drawn(*tasks, more=more)["status"]["text"] == header


@pytest.mark.parametrize("status", [None, *Status])
def test_an_empty_list_has_a_friendly_row(status: Status | None) -> None:
    [row] = drawn(view=TaskListView(status))["children"]
    assert words(row)[0].endswith(".")
    assert task_list_text(TaskPage(tasks=[])) == "No tasks"


@pytest.mark.parametrize(("count", "told"), [(37, "37 more"), (COUNTED + 50, "More than 99 more")])
def test_a_long_list_says_how_many_follow_and_turns_the_page(count: int, told: str) -> None:
    found = [some_task(str(number)) for number in range(PAGE + count)]
    page = page_of(found, TaskListView(Status.PENDING))
    assert len(page.tasks) == PAGE
    last = sent(task_list(page, TODAY))["children"][-1]
    assert words(last) == [told]
    [click] = clicks(last)
    behind = TaskListView(Status.PENDING, f"task_{PAGE - 1}")
    assert read_click(click["type"], click["payload"]) == ShowList(back=behind)
    assert task_list_text(page).endswith(told)


def test_a_later_page_leads_to_the_beginning() -> None:
    last = drawn(some_task(), view=TaskListView(Status.PENDING, "task_9"))["children"][-1]
    [click] = clicks(last)
    assert read_click(click["type"], click["payload"]) == ShowList(back=TaskListView(Status.PENDING))


def test_the_text_for_copying_has_a_line_a_task() -> None:
    tasks = [some_task(due=dt.date(2026, 12, 1)), some_task("خبز", status=Status.COMPLETED, priority=Priority.LOW)]
    assert task_list_text(TaskPage(tasks=tasks)) == "[ ] buy milk (medium, due 2026-12-01)\n[x] خبز (low)"


# The card and the form


def test_a_card_shows_everything_and_what_can_be_done() -> None:
    task = some_task(description="2 l\n**oat**", priority=Priority.LOW, due=TODAY)
    widget = sent(task_card(task, TODAY, BACK))
    assert words(widget) == [
        *["buy milk", "open", "low", "due today", "2 l\n**oat**"],
        *["Complete", "Edit", "Delete", "Back to the list"],
    ]
    assert not any(one["type"] == "Markdown" for one in components(widget))
    assert [click["type"] for click in clicks(widget)] == [
        *["tasks.complete", "tasks.edit", "tasks.ask_delete", "tasks.list"]
    ]
    assert task_card_text(task) == "[ ] buy milk (low, due 2026-11-21)\n2 l\n**oat**"


def test_a_card_that_was_not_opened_from_a_list_leads_to_none() -> None:
    assert "tasks.list" not in [click["type"] for click in clicks(sent(task_card(some_task(), TODAY)))]


def test_the_form_holds_the_task_and_sends_its_version() -> None:
    task = some_task(description="2 l", priority=Priority.HIGH, due=TODAY, version=7)
    widget = sent(task_form(task, BACK))
    fields = {one["name"]: one.get("defaultValue") for one in components(widget) if "name" in one}
    assert fields == {"title": "buy milk", "description": "2 l", "priority": "high", "due": "2026-11-21T12:00:00Z"}
    labels = {one["fieldName"] for one in components(widget) if one["type"] == "Label"}
    assert labels == set(fields), "every field has its label"
    save, cancel = (read_click(click["type"], click["payload"] | fields) for click in clicks(widget))
    assert save == Save(
        back=BACK,
        id=task.id,
        version=7,
        title="buy milk",
        description="2 l",
        priority=Priority.HIGH,
        due="2026-11-21T12:00:00Z",
    )
    assert cancel == Open(back=BACK, id=task.id), "a button in a form sends its fields too"


def test_a_form_that_could_not_be_saved_keeps_what_was_typed() -> None:
    widget = sent(task_form(some_task(), draft=Draft(title=" ", description="typed"), remark="A task needs a title."))
    assert {one.get("defaultValue") for one in components(widget)} >= {" ", "typed"}
    assert "A task needs a title." in words(widget)


def test_a_deletion_is_asked_for() -> None:
    widget = sent(deletion_card(some_task("مهمة"), BACK))
    assert words(widget) == ["Delete “\u2068مهمة\u2069” for good?"]
    assert [click["type"] for click in clicks(widget)] == ["tasks.delete", "tasks.open"]


@given(st.text(min_size=1, max_size=TITLE_LIMIT), st.sampled_from(Status), st.sampled_from(Priority), st.dates())
def test_any_title_stays_one_text(title: str, status: Status, priority: Priority, due: dt.date) -> None:
    task = some_task(title, status=status, priority=priority, due=due)
    for widget in (drawn(task), sent(task_card(task, TODAY)), sent(task_form(task))):
        holding = [one for one in components(widget) if title in (one.get("value"), one.get("defaultValue"))]
        assert {one["type"] for one in holding} & {"Text", "Title", "Input"}


@pytest.mark.parametrize("language", LANGUAGES.tags)
def test_every_word_is_the_callers(language: str) -> None:
    """All of a widget but the task itself is in a language that we have texts in, and ChatKit still knows it."""
    with use_language(LANGUAGES.choose(language).language):
        for task in (some_task(due=TODAY), some_task(due=dt.date(2026, 11, 1), status=Status.COMPLETED)):
            said = words(sent(task_card(task, TODAY, BACK))) + words(drawn(task, view=BACK, more=3))
            said += words(sent(task_form(task, BACK))) + words(sent(deletion_card(task, BACK)))
            english = {"Open", "Edit", "Save", "Cancel", "Title", "medium", "3 more", "due today"}
            assert bool(english & set(said)) == (language == "en")


def test_an_edit_is_a_click() -> None:
    assert read_click("tasks.edit", {"id": "task_1"}) == Edit(id="task_1")
