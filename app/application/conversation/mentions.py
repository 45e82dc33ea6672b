"""Mentions: tasks as ChatKit's entities, for the composer's @ and for the model."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from chatkit.types import ThreadItem, UserMessageItem, UserMessageTagContent

from app.application.tasks.facts import facts
from app.application.tasks.service import TaskService
from app.domain.identity import RequestContext
from app.domain.language import _
from app.domain.task import Status, Task
from app.ports.agent_runner import HistoryEntry

MOST: Final = 100
"""Mentions that are resolved in one history, the newest first."""

MODEL_TEXT: Final = "model_text"
"""The key in a resolved tag's data of the text for the model."""

_PREFIX: Final = "task_"


class Entity(msgspec.Struct, frozen=True, kw_only=True):
    """An @mention in ChatKit's composer, in the form of ChatKit.js's `Entity`."""

    id: str
    title: str
    icon: str
    group: str
    interactive: bool = True
    data: Mapping[str, str] = {}


class Mentions:
    """Finds tasks for mentions, and resolves mentions of tasks."""

    def __init__(self, tasks: TaskService) -> None:
        self._tasks = tasks

    async def search(self, user_id: str, query: str, *, limit: int) -> Sequence[Entity]:
        """At most `limit` tasks whose title contains `query`, an exact match first; for an empty query the oldest."""
        return [_entity(task) for task in await self._tasks.search(user_id, query, limit=limit)]

    async def resolved(self, entries: Sequence[HistoryEntry], context: RequestContext) -> Sequence[HistoryEntry]:
        """The history with the present state of each mentioned task, read by one query.

        Data of the client in a tag is not trusted; another user's task counts as deleted.
        """
        tags = [tag for entry in entries if isinstance(entry, UserMessageItem) for tag in _task_tags(entry)]
        if not tags:
            return entries
        wanted = list(dict.fromkeys(tag.id for tag in reversed(tags)))[:MOST]
        found = {task.id: task for task in await self._tasks.get_several(context.user_id, wanted)}
        return [_resolve(entry, found) if isinstance(entry, UserMessageItem) else entry for entry in entries]


def _entity(task: Task) -> Entity:
    done = task.status is Status.COMPLETED
    due = {"due": task.due.isoformat()} if task.due else {}
    return Entity(
        id=task.id,
        title=task.title,
        icon="check-circle" if done else "empty-circle",
        group=_("Tasks"),
        data={"type": "task", "status": task.status.value, "priority": task.priority.value, **due},
    )


def _task_tags(message: UserMessageItem) -> list[UserMessageTagContent]:
    return [part for part in message.content if isinstance(part, UserMessageTagContent) and part.id.startswith(_PREFIX)]


def _resolve(message: UserMessageItem, found: Mapping[str, Task]) -> ThreadItem:
    """The message with resolved tags; tags of the same text share one text, because ChatKit keeps one for each text."""
    by_text: dict[str, dict[str, str]] = {}
    for tag in _task_tags(message):
        by_text.setdefault(tag.text, {})[tag.id] = _sentence(found.get(tag.id))
    content = [
        part.model_copy(update={"data": {MODEL_TEXT: " ".join(by_text[part.text].values())}})
        if isinstance(part, UserMessageTagContent) and part.text in by_text
        else part
        for part in message.content
    ]
    return message.model_copy(update={"content": content})


def _sentence(task: Task | None) -> str:
    if task is None:
        return "It stands for a task that is not there: it was deleted, or is none of the user's."
    return f"It stands for this task: {facts(task)}."
