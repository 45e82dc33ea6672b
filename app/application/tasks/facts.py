"""Facts about a task for the model, outside of tool results."""

import msgspec

from app.domain.task import Task


def facts(task: Task) -> str:
    """Id, title and state as JSON. `<` is escaped, so that no title can close a surrounding tag."""
    fields = {"id": task.id, "title": task.title, "status": task.status, "priority": task.priority, "due": task.due}
    return msgspec.json.encode(fields).decode().replace("<", "\\u003c")
