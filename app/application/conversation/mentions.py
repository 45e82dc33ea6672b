"""Tasks as ChatKit's entities: what the composer offers behind an @, and what a mention stands for in a turn."""

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
"""Mentions of one conversation that are looked up; the newest ones count."""

MODEL_TEXT: Final = "model_text"
"""The key of a resolved tag's data under which stands what the model is told of it."""

_PREFIX: Final = "task_"


class Entity(msgspec.Struct, frozen=True, kw_only=True):
    """What ChatKit's composer shows for an @mention, in the shape of ChatKit.js's `Entity`."""

    id: str
    title: str
    icon: str
    group: str
    interactive: bool = True
    data: Mapping[str, str] = {}


class Mentions:
    """The tasks of a user as entities."""

    def __init__(self, tasks: TaskService) -> None:
        self._tasks = tasks

    async def search(self, user_id: str, query: str, *, limit: int) -> Sequence[Entity]:
        """Tasks whose title contains `query`, an exact match first; the oldest ones for an empty query."""
        return [_entity(task) for task in await self._tasks.search(user_id, query, limit=limit)]

    async def resolved(self, entries: Sequence[HistoryEntry], context: RequestContext) -> Sequence[HistoryEntry]:
        """The history with each tag of a task resolved, by one query: the model is told how the task is now.

        What the client put into a tag is not believed, and somebody else's task is as absent as one that is gone.
        """
        tags = [tag for entry in entries if isinstance(entry, UserMessageItem) for tag in _task_tags(entry)]
        if not tags:
            return entries
        wanted = list(dict.fromkeys(tag.id for tag in reversed(tags)))[:MOST]
        found = {task.id: task for task in await self._tasks.get_several(context.user_id, wanted)}
        return [_told(entry, found) if isinstance(entry, UserMessageItem) else entry for entry in entries]


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


def _told(message: UserMessageItem, found: Mapping[str, Task]) -> ThreadItem:
    """ChatKit tells the model of one tag for each text, so that one speaks for all that read the same."""
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
