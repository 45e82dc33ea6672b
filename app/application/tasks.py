"""What can be done with tasks: the one place that holds the rules, for tools, routes and widgets alike."""

import datetime as dt
from collections.abc import Callable, Sequence

from app.domain.errors import ConflictError, InvalidInputError, NotFoundError
from app.domain.language import _
from app.domain.task import TITLE_LIMIT, Status, Task, TaskChange, new_task
from app.ports.task_repository import TaskRepository

_SHOWN = 5


class AmbiguousTaskError(InvalidInputError):
    """A title fits several tasks; whoever asked must say which one is meant."""

    code = "ambiguous_task"

    def __init__(self, reference: str, candidates: Sequence[Task]) -> None:
        listed = "; ".join(f"“{task.title}” ({task.status}, {task.id})" for task in candidates[:_SHOWN])
        more = " …" if len(candidates) > _SHOWN else ""
        super().__init__(_("Several tasks fit “{task}”: {list}. Which one?", task=reference, list=listed + more))
        self.candidates = tuple(candidates)


def utc_now() -> dt.datetime:
    """The time now, in UTC."""
    return dt.datetime.now(dt.UTC)


class TaskService:
    """The tasks of one user at a time. A task is named by its id or by its title.

    Titles match whatever their letter case: the exact one first, else the only one that contains what was said.
    """

    def __init__(self, repository: TaskRepository, now: Callable[[], dt.datetime] = utc_now) -> None:
        self._repository = repository
        self._now = now

    async def create(self, user_id: str, title: str, details: TaskChange | None = None) -> Task:
        """Add a pending task. Raises `InvalidInputError`."""
        task = new_task(user_id, title, now=self._now(), details=details)
        await self._repository.add(task)
        return task

    async def list(
        self, user_id: str, *, status: Status | None = None, after: str | None = None, limit: int = 100
    ) -> Sequence[Task]:
        """A page of tasks, oldest first; limits and cursors are the repository's."""
        return await self._repository.list(user_id, status=status, after=after, limit=limit)

    async def get(self, user_id: str, task_id: str) -> Task:
        """The task with this id. Raises `NotFoundError`."""
        return await self._repository.get(user_id, task_id)

    async def find(self, user_id: str, reference: str) -> Task:
        """The task that `reference` names. Raises `NotFoundError`, or `AmbiguousTaskError` when several fit."""
        reference = " ".join(reference.split())
        if not reference:
            raise InvalidInputError(_("Say which task is meant, by its title or its id."))
        try:
            return await self.get(user_id, reference)
        except NotFoundError:
            found = await self._repository.find_by_title(user_id, reference)
        exact = [task for task in found if task.title.casefold() == reference.casefold()]
        match exact or found:
            case [task]:
                return task
            case []:
                raise NotFoundError(
                    _("There is no task “{task}”. The list of tasks shows what there is.", task=reference[:TITLE_LIMIT])
                )
            case several:
                raise AmbiguousTaskError(reference, several)

    async def update(self, user_id: str, reference: str, change: TaskChange) -> Task:
        """Give fields new values. Raises as `find` does, and `InvalidInputError`."""
        return await self._changed(user_id, reference, lambda task: task.changed(change, now=self._now()))

    async def complete(self, user_id: str, reference: str) -> Task:
        """Mark as done; a task that is done already stays as it is. Raises as `find` does."""
        return await self._changed(user_id, reference, lambda task: task.completed(now=self._now()))

    async def reopen(self, user_id: str, reference: str) -> Task:
        """Mark as to be done again. Raises as `find` does."""
        return await self._changed(user_id, reference, lambda task: task.reopened(now=self._now()))

    async def delete(self, user_id: str, reference: str) -> Task:
        """Remove for good; returns what was removed. Raises as `find` does."""
        task = await self.find(user_id, reference)
        await self._repository.delete(user_id, task.id)
        return task

    async def _changed(self, user_id: str, reference: str, change: Callable[[Task], Task]) -> Task:
        task = await self.find(user_id, reference)
        try:
            return await self._store(task, change)
        except ConflictError:
            # Somebody was quicker; what the user asked for holds for the task as it is now.
            return await self._store(await self._repository.get(user_id, task.id), change)

    async def _store(self, task: Task, change: Callable[[Task], Task]) -> Task:
        changed = change(task)
        if changed is not task:
            await self._repository.update(changed)
        return changed
