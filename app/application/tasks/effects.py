"""What others are told of a change to a task: the page around the chat, and the model."""

from typing import Final

from chatkit.types import ClientEffectEvent

from app.application.tasks.facts import facts
from app.application.tasks.service import TaskEvent

TASKS_CHANGED: Final = "tasks.changed"
"""The client effect after each change, so that a page can bring its own list of tasks up to date."""


def tasks_changed(event: TaskEvent) -> ClientEffectEvent:
    """One effect a change: `{"event": "completed", "task_id": …, "version": …}`; a deleted task had that version."""
    data = {"event": event.kind, "task_id": event.task.id, "version": event.task.version}
    return ClientEffectEvent(name=TASKS_CHANGED, data=data)


def clicked(event: TaskEvent) -> str:
    """What the model is told of a change that the user made without it."""
    return f"By a click, without you, the user changed this task; it is {event.kind} now: {facts(event.task)}"
