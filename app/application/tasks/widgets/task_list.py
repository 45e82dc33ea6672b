"""The list of tasks: a row each, with title, status, priority, due date and buttons."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

import msgspec
from chatkit.widgets import DynamicWidgetRoot, WidgetRoot

from app.application.tasks.widgets.components import (
    Json,
    TaskListView,
    action,
    button,
    column,
    due_caption,
    icon_button,
    line,
    priority_badge,
    row,
    text,
)
from app.domain.language import _, plural
from app.domain.task import Status, Task

PAGE: Final = 20
"""Tasks on a page of the list."""

COUNTED: Final = 99
"""Tasks behind a page that are counted exactly."""

FETCHED: Final = PAGE + COUNTED + 1
"""Tasks to read for a page."""


class TaskPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the list, and the number of tasks behind it; `COUNTED + 1` means more than `COUNTED`."""

    view: TaskListView = TaskListView()
    tasks: Sequence[Task]
    more: int = 0


def page_of(found: Sequence[Task], view: TaskListView, length: int = PAGE) -> TaskPage:
    """The page with the first `length` of the tasks; the others are only counted."""
    return TaskPage(view=view, tasks=found[:length], more=min(max(len(found) - length, 0), COUNTED + 1))


def task_list(page: TaskPage, today: dt.date) -> DynamicWidgetRoot:
    """The widget of a page."""
    rows = [_row(task, page.view, today) for task in page.tasks] or [_empty(page.view)]
    return DynamicWidgetRoot.model_validate(
        {"type": "ListView", "status": {"text": _header(page), "icon": "notebook"}, "children": rows + _paging(page)}
    )


def task_list_text(page: TaskPage) -> str:
    """The page as plain text, for the clipboard."""
    lines = [line(task) for task in page.tasks]
    return "\n".join([*lines, *([_more(page.more)] if page.more else [])]) or _("No tasks")


def listed_ids(widget: WidgetRoot) -> list[str]:
    """The ids of the tasks in a list, also in one of an earlier version."""
    children = widget.children if isinstance(widget.children, list) else []
    return [child.key for child in children if child.key]


def _row(task: Task, view: TaskListView, today: dt.date) -> Json:
    done = task.status is Status.COMPLETED
    title = text(task.title, weight="medium", lineThrough=done, color="secondary" if done else "prose", maxLines=2)
    return {
        "type": "ListViewItem",
        "key": task.id,
        "gap": 3,
        "align": "center",
        "children": [
            _status_button(task, view),
            column(title, *due_caption(task, today), gap=0, flex=1),
            priority_badge(task),
            button(_("Open"), action("tasks.open", view, id=task.id), variant="ghost"),
        ],
    }


def _status_button(task: Task, view: TaskListView) -> Json:
    """The status button in front of a task."""
    done = task.status is Status.COMPLETED
    click = action("tasks.reopen" if done else "tasks.complete", view, id=task.id)
    icon, color = ("check-circle-filled", "success") if done else ("empty-circle", "secondary")
    return icon_button(icon, click, color=color)


def _paging(page: TaskPage) -> list[Json]:
    buttons = []
    if page.view.after is not None:
        buttons.append(button(_("From the beginning"), action("tasks.list", TaskListView(page.view.status))))
    if page.more and page.tasks:
        behind = TaskListView(page.view.status, page.tasks[-1].id)
        buttons.append(button(_more(page.more), action("tasks.list", behind)))
    return [{"type": "ListViewItem", "children": [row(*buttons)]}] if buttons else []


def _more(count: int) -> str:
    if count > COUNTED:
        return _("More than {count} more", count=COUNTED)
    return plural("{count} more", "{count} more", count)


def _empty(view: TaskListView) -> Json:
    words = {
        None: _("No tasks here. Enjoy the quiet."),
        Status.PENDING: _("Nothing left to do. Enjoy the quiet."),
        Status.COMPLETED: _("Nothing is done yet."),
    }[view.status]
    return {"type": "ListViewItem", "children": [text(words, color="secondary", italic=True)]}


def _header(page: TaskPage) -> str:
    if page.more or page.view.after is not None:
        return _("Tasks")
    done = sum(task.status is Status.COMPLETED for task in page.tasks)
    count = len(page.tasks) - done
    if not done:
        return _("Tasks ({count})", count=count)
    return _("Tasks ({count} open, {done} done)", count=count, done=done)
