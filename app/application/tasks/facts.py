"""A task as the model is told of it outside of tools."""

import msgspec

from app.domain.task import Task


def facts(task: Task) -> str:
    """Id, title and state as JSON. `<` is escaped: a title cannot pretend to be the end of what surrounds it."""
    told = {"id": task.id, "title": task.title, "status": task.status, "priority": task.priority, "due": task.due}
    return msgspec.json.encode(told).decode().replace("<", "\\u003c")
