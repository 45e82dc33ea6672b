"""The list of tasks: title, status, priority and due date, a row each.

Written as the JSON that ChatKit's widget studio shows; ChatKit's named widget classes are deprecated.
"""

from collections.abc import Sequence
from typing import Any, Final

from chatkit.widgets import DynamicWidgetRoot

from app.domain.task import Priority, Status, Task

ROWS_SHOWN: Final = 10
"""Rows before “Show more”."""

_PRIORITY_COLORS: Final = {Priority.HIGH: "danger", Priority.MEDIUM: "warning", Priority.LOW: "secondary"}


def task_list(tasks: Sequence[Task]) -> DynamicWidgetRoot:
    """The widget for these tasks, in their order."""
    rows = [_row(task) for task in tasks] or [_EMPTY]
    status = {"text": _count(tasks), "icon": "notebook"}
    return DynamicWidgetRoot.model_validate(
        {"type": "ListView", "status": status, "limit": ROWS_SHOWN, "children": rows}
    )


def task_list_text(tasks: Sequence[Task]) -> str:
    """The same list as plain text, for copying."""
    return "\n".join(_line(task) for task in tasks) or "No tasks"


_EMPTY: Final[dict[str, Any]] = {
    "type": "ListViewItem",
    "children": [{"type": "Text", "value": "No tasks here. Enjoy the quiet.", "color": "secondary", "italic": True}],
}


def _row(task: Task) -> dict[str, Any]:
    done = task.status is Status.COMPLETED
    icon = {"type": "Icon", "name": "check-circle-filled", "color": "success"}
    title = {
        "type": "Text",
        "value": task.title,
        "weight": "medium",
        "lineThrough": done,
        "color": "secondary" if done else "prose",
        "maxLines": 2,
    }
    details = [title, *_due(task)]
    priority = {"type": "Badge", "label": task.priority.value, "color": _PRIORITY_COLORS[task.priority], "size": "sm"}
    return {
        "type": "ListViewItem",
        "key": task.id,
        "gap": 3,
        "align": "center",
        "children": [
            icon if done else {"type": "Icon", "name": "empty-circle", "color": "secondary"},
            {"type": "Col", "gap": 0, "flex": 1, "children": details},
            priority,
        ],
    }


def _due(task: Task) -> list[dict[str, Any]]:
    if task.due is None:
        return []
    return [{"type": "Caption", "value": f"due {task.due.isoformat()}", "color": "secondary"}]


def _line(task: Task) -> str:
    mark = "x" if task.status is Status.COMPLETED else " "
    due = f", due {task.due.isoformat()}" if task.due else ""
    return f"[{mark}] {task.title} ({task.priority.value}{due})"


def _count(tasks: Sequence[Task]) -> str:
    done = sum(task.status is Status.COMPLETED for task in tasks)
    return f"Tasks ({len(tasks) - done} open, {done} done)" if done else f"Tasks ({len(tasks)})"
