"""The form to edit a task."""

import datetime as dt
from typing import Any

import msgspec
from chatkit.widgets import DynamicWidgetRoot

from app.application.tasks.widgets.components import (
    PRIORITIES,
    Json,
    TaskListView,
    action,
    button,
    card,
    column,
    note,
    row,
)
from app.domain.language import _
from app.domain.task import Priority, Task


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """The values of the fields: those of the task, or rejected input."""

    title: str
    description: str = ""
    priority: Priority = Priority.MEDIUM
    due: dt.date | None = None


def task_form(
    task: Task, back: TaskListView | None = None, *, draft: Draft | None = None, remark: str | None = None
) -> DynamicWidgetRoot:
    """The form for `task` with its version, for optimistic locking; `remark` is a message to the user."""
    filled = draft or Draft(title=task.title, description=task.description, priority=task.priority, due=task.due)
    form = {
        "type": "Form",
        "direction": "col",
        "gap": 3,
        "onSubmitAction": action("tasks.save", back, id=task.id, version=task.version),
        "children": [
            *([note(remark)] if remark else []),
            *_fields(filled),
            row(
                {"type": "Button", "label": _("Save"), "submit": True, "size": "sm", "style": "primary"},
                button(_("Cancel"), action("tasks.open", back, id=task.id), variant="ghost"),
            ),
        ],
    }
    status = {"text": _("Edit task"), "icon": "write"}
    return DynamicWidgetRoot.model_validate(card(form, key=task.id, status=status))


def _fields(draft: Draft) -> list[Json]:
    options = [{"value": priority.value, "label": _(label)} for priority, label in PRIORITIES.items()]
    due = {} if draft.due is None else {"defaultValue": _at_noon(draft.due)}
    return [
        _field(_("Title"), "title", {"type": "Input", "required": True, "defaultValue": draft.title}),
        _field(
            _("Description"),
            "description",
            {"type": "Textarea", "rows": 3, "autoResize": True, "maxRows": 10, "defaultValue": draft.description},
        ),
        row(
            _field(
                _("Priority"), "priority", {"type": "Select", "options": options, "defaultValue": draft.priority.value}
            ),
            _field(_("Due"), "due", {"type": "DatePicker", "clearable": True, **due}),
            align="end",
        ),
    ]


def _field(label: str, name: str, control: dict[str, Any]) -> Json:
    return column({"type": "Label", "value": label, "fieldName": name, "size": "sm"}, {**control, "name": name}, flex=1)


def _at_noon(day: dt.date) -> str:
    """Noon in UTC, because ChatKit's picker takes times only, and noon is the same day in most time zones."""
    return f"{day.isoformat()}T12:00:00Z"
