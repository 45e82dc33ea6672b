"""Effects of a task change: a client effect for the page, and a hidden item for the model."""

from typing import Final

from chatkit.types import ClientEffectEvent

from app.application.tasks.facts import facts
from app.application.tasks.service import TaskEvent

TASKS_CHANGED: Final = "tasks.changed"
"""The name of the client effect after each change, so that a page can refresh its own list of tasks."""


def tasks_changed(event: TaskEvent) -> ClientEffectEvent:
    """Effect of one change: `{"event": "completed", "task_id": …, "version": …}`; a deletion has the last version."""
    data = {"event": event.kind, "task_id": event.task.id, "version": event.task.version}
    return ClientEffectEvent(name=TASKS_CHANGED, data=data)


def change_for_model(event: TaskEvent) -> str:
    """The text for the model about a change that the user made by a click."""
    return f"By a click, without you, the user changed this task; it is {event.kind} now: {facts(event.task)}"
