"""The card of a task, of the question before a deletion, and of a deleted task."""

import datetime as dt

from chatkit.widgets import DynamicWidgetRoot

from app.application.tasks.widgets.components import (
    Json,
    TaskListView,
    action,
    button,
    card,
    due_caption,
    line,
    named,
    note,
    priority_badge,
    row,
    status_badge,
    text,
)
from app.domain.language import _
from app.domain.task import Status, Task


def task_card(
    task: Task, today: dt.date, back: TaskListView | None = None, remark: str | None = None
) -> DynamicWidgetRoot:
    """The task with its details and buttons; `remark` is a message to the user above them."""
    details = [text(task.description, color="secondary", size="sm")] if task.description else []
    return DynamicWidgetRoot.model_validate(
        card(
            *([note(remark)] if remark else []),
            {"type": "Title", "value": task.title, "size": "sm"},
            row(status_badge(task), priority_badge(task), *due_caption(task, today), wrap="wrap"),
            *details,
            {"type": "Divider"},
            row(*_buttons(task, back), wrap="wrap"),
            key=task.id,
        )
    )


def task_card_text(task: Task) -> str:
    """The card as plain text, for the clipboard."""
    return "\n".join([line(task), *([task.description] if task.description else [])])


def deletion_card(task: Task, back: TaskListView | None = None) -> DynamicWidgetRoot:
    """The question whether to delete the task."""
    return DynamicWidgetRoot.model_validate(
        card(
            text(_("Delete {task} for good?", task=named(task)), weight="medium"),
            key=task.id,
            confirm={"label": _("Delete"), "action": action("tasks.delete", back, id=task.id)},
            cancel={"label": _("Keep"), "action": action("tasks.open", back, id=task.id)},
        )
    )


def closing_card(words: str, back: TaskListView | None = None) -> DynamicWidgetRoot:
    """The card in place of a deleted task, with a text for the user."""
    return DynamicWidgetRoot.model_validate(
        card(note(words, "secondary"), *([row(_back_button(back))] if back else []))
    )


def _buttons(task: Task, back: TaskListView | None) -> list[Json]:
    done = task.status is Status.COMPLETED
    change = action("tasks.reopen" if done else "tasks.complete", back, id=task.id)
    return [
        button(_("Reopen") if done else _("Complete"), change, variant="solid", style="primary"),
        button(_("Edit"), action("tasks.edit", back, id=task.id)),
        button(_("Delete"), action("tasks.ask_delete", back, id=task.id), color="danger"),
        *([{"type": "Spacer"}, _back_button(back)] if back else []),
    ]


def _back_button(back: TaskListView) -> Json:
    return button(_("Back to the list"), action("tasks.list", back), variant="ghost")
