"""Tasks in dictionaries."""

from collections.abc import Collection, Sequence
from itertools import islice

import msgspec

from app.adapters.stores.memory.ordered_pages import OrderedPages, capped, in_utc
from app.domain.errors import ConflictError, NotFoundError
from app.domain.language import _
from app.domain.task import Status, Task
from app.ports.task_repository import TaskRepository

LIST_LIMIT = 500


class MemoryTaskRepository(TaskRepository):
    """`TaskRepository` with ordered pages for each user."""

    def __init__(self) -> None:
        self._users: dict[str, OrderedPages[Task]] = {}

    async def add(self, task: Task) -> None:
        pages = self._users.setdefault(task.user_id, OrderedPages())
        if task.id in pages.values:
            raise ConflictError(_("There is a task of this id already."))
        pages.put(task.id, _stored(task), in_utc(task.created_at))

    async def get(self, user_id: str, task_id: str) -> Task:
        task = self._pages(user_id).values.get(task_id)
        if task is None:
            raise NotFoundError(_("There is no such task."))
        return task

    async def get_several(self, user_id: str, task_ids: Collection[str]) -> Sequence[Task]:
        pages = self._pages(user_id)
        known = {task_id for task_id in task_ids if task_id in pages.values}
        return [pages.values[task_id] for task_id in sorted(known, key=pages.position)]

    async def list(
        self, user_id: str, *, status: Status | None = None, after: str | None = None, limit: int = 100
    ) -> Sequence[Task]:
        pages = self._pages(user_id)
        if after is not None and not pages.knows(after):
            raise NotFoundError(_("There is no such task."))
        fitting = (task for task in pages.behind(after) if status in (None, task.status))
        return [*islice(fitting, capped(limit, LIST_LIMIT))]

    async def find_by_title(self, user_id: str, title: str, *, limit: int = 10) -> Sequence[Task]:
        sought = title.casefold()
        found = [task for task in self._pages(user_id).behind(None) if sought in task.title.casefold()]
        found.sort(key=lambda task: task.title.casefold() != sought)
        return found[: capped(limit, LIST_LIMIT)]

    async def update(self, task: Task) -> None:
        present = await self.get(task.user_id, task.id)
        if present.version != task.version - 1:
            raise ConflictError(_("This task was changed meanwhile. Look at it again before you change it."))
        changed = msgspec.structs.replace(_stored(task), created_at=present.created_at)
        self._pages(task.user_id).put(task.id, changed, present.created_at)

    async def delete(self, user_id: str, task_id: str) -> None:
        await self.get(user_id, task_id)
        self._pages(user_id).remove(task_id)

    def erase(self, user_id: str) -> int:
        """Delete the tasks of a user; returns their number."""
        return len(self._users.pop(user_id, OrderedPages()).values)

    def _pages(self, user_id: str) -> OrderedPages[Task]:
        return self._users.get(user_id, OrderedPages())


def _stored(task: Task) -> Task:
    return msgspec.structs.replace(
        task,
        created_at=in_utc(task.created_at),
        updated_at=in_utc(task.updated_at),
        completed_at=task.completed_at and in_utc(task.completed_at),
    )
