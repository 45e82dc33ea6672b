"""Components of the task widgets.

They are JSON, as in ChatKit's widget studio, because ChatKit's widget classes are deprecated.
"""

import datetime as dt
from typing import Any, Final

import msgspec

from app.application.conversation.languages import day
from app.domain.language import _, deferred
from app.domain.task import Priority, Status, Task

Json = dict[str, Any]

PRIORITIES: Final = {
    Priority.LOW: deferred("low"),
    Priority.MEDIUM: deferred("medium"),
    Priority.HIGH: deferred("high"),
}
_PRIORITY_COLORS: Final = {Priority.HIGH: "danger", Priority.MEDIUM: "warning", Priority.LOW: "secondary"}


class TaskListView(msgspec.Struct, frozen=True, omit_defaults=True):
    """The parameters of a list, for the way back from a card: a status, and the task before the page."""

    status: Status | None = None
    after: str | None = None


def action(kind: str, back: TaskListView | None, **payload: Any) -> Json:
    """The action of a click; `back` is the list from which the user came, if any."""
    if back is not None:
        payload["list"] = msgspec.to_builtins(back)
    return {"type": kind, "payload": payload, "handler": "server", "loadingBehavior": "auto", "streaming": True}


def text(value: str, **more: Any) -> Json:
    """Plain text, never Markdown, so that a task's text is shown unchanged."""
    return {"type": "Text", "value": value, **more}


def note(words: str, color: str = "warning") -> Json:
    """A line with an icon, for a message to the user."""
    return {
        "type": "Row",
        "gap": 2,
        "align": "center",
        "children": [{"type": "Icon", "name": "info", "color": color}, text(words, size="sm", color=color)],
    }


def row(*children: Json, **more: Any) -> Json:
    """Components side by side."""
    return {"type": "Row", "gap": 2, "align": "center", **more, "children": list(children)}


def column(*children: Json, **more: Any) -> Json:
    """Components one below the other."""
    return {"type": "Col", "gap": 1, **more, "children": list(children)}


def button(label: str, click: Json, **more: Any) -> Json:
    """An outlined button; `more` overrides its style."""
    return {"type": "Button", "label": label, "size": "sm", "variant": "outline", "onClickAction": click, **more}


def icon_button(icon: str, click: Json, **more: Any) -> Json:
    """A round button with an icon only."""
    looks = {"size": "sm", "variant": "ghost", "uniform": True, "pill": True}
    return {"type": "Button", "iconStart": icon, "onClickAction": click, **looks, **more}


def card(*children: Json, key: str | None = None, **more: Any) -> Json:
    """A card of medium size."""
    named = {} if key is None else {"key": key}
    return {"type": "Card", "size": "md", **named, **more, "children": list(children)}


def priority_badge(task: Task) -> Json:
    """The priority as a badge."""
    label = _(PRIORITIES[task.priority])
    return {"type": "Badge", "label": label, "color": _PRIORITY_COLORS[task.priority], "variant": "soft", "pill": True}


def status_badge(task: Task) -> Json:
    """The status as a badge."""
    done = task.status is Status.COMPLETED
    label, color = (_("done"), "success") if done else (_("open"), "info")
    return {"type": "Badge", "label": label, "color": color, "variant": "soft", "pill": True}


def due_caption(task: Task, today: dt.date) -> list[Json]:
    """The due date, red when overdue; empty for a task without a date."""
    if task.due is None:
        return []
    if task.status is Status.COMPLETED or task.due > today:
        words, color = _("due {day}", day=day(task.due)), "secondary"
    elif task.due == today:
        words, color = _("due today"), "warning"
    else:
        words, color = _("overdue since {day}", day=day(task.due)), "danger"
    return [{"type": "Caption", "value": words, "color": color}]


def named(task: Task) -> str:
    """The title inside a sentence, in bidi isolation marks."""
    return f"“\u2068{task.title}\u2069”"


def line(task: Task) -> str:
    """The task as plain text, for the clipboard and for the model."""
    mark = "x" if task.status is Status.COMPLETED else " "
    due = f", due {task.due.isoformat()}" if task.due else ""
    return f"[{mark}] {task.title} ({task.priority.value}{due})"
