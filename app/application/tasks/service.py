"""The task service: the rules for tasks, shared by tools, routes and widgets."""

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from typing import Literal

import msgspec

from app.domain.clock import clock
from app.domain.errors import ConflictError, InvalidInputError, NotFoundError, StaleVersionError
from app.domain.language import _
from app.domain.task import COMPLETED, REOPENED, TITLE_LIMIT, Status, Task, TaskChange, new_task
from app.ports.task_repository import TaskRepository

_SHOWN = 5


class AmbiguousTaskError(InvalidInputError):
    """Several tasks match a title; the caller has to choose one."""

    code = "ambiguous_task"

    def __init__(self, reference: str, candidates: Sequence[Task]) -> None:
        listed = "; ".join(f"“{task.title}” ({task.status}, {task.id})" for task in candidates[:_SHOWN])
        more = " …" if len(candidates) > _SHOWN else ""
        super().__init__(_("Several tasks fit “{task}”: {list}. Which one?", task=reference, list=listed + more))
        self.candidates = tuple(candidates)


def utc_now() -> dt.datetime:
    """The time now, in UTC."""
    return clock.now()


EventKind = Literal["created", "updated", "completed", "reopened", "deleted"]


class TaskEvent(msgspec.Struct, frozen=True):
    """A stored change, with the task after it; a deleted task in its last state."""

    kind: EventKind
    task: Task


def _no_subscriber(_: TaskEvent) -> None:
    """The subscriber of a service without subscribers."""


class TaskService:
    """Creates, finds, changes and deletes tasks of a user. A reference is an id or a title.

    Titles match without regard to letter case: an equal title first, else the only title that contains the reference.
    """

    def __init__(
        self,
        repository: TaskRepository,
        now: Callable[[], dt.datetime] = utc_now,
        on_change: Callable[[TaskEvent], None] = _no_subscriber,
    ) -> None:
        self._repository = repository
        self._now = now
        self._on_change = on_change

    def notifying(self, on_change: Callable[[TaskEvent], None]) -> "TaskService":
        """The same service that also calls `on_change`: once for each change, after it is stored."""

        def both(event: TaskEvent) -> None:
            self._on_change(event)
            on_change(event)

        return TaskService(self._repository, self._now, both)

    @property
    def today(self) -> dt.date:
        """The present day in UTC, for due dates."""
        return self._now().date()

    async def create(self, user_id: str, title: str, details: TaskChange | None = None) -> Task:
        """Add a task, pending unless `details` has a status. Raises `InvalidInputError`."""
        task = new_task(user_id, title, now=self._now(), details=details)
        await self._repository.add(task)
        self._on_change(TaskEvent("created", task))
        return task

    async def list(
        self, user_id: str, *, status: Status | None = None, after: str | None = None, limit: int = 100
    ) -> Sequence[Task]:
        """A keyset page of tasks, oldest first, behind the task with id `after`; limits as in the repository."""
        return await self._repository.list(user_id, status=status, after=after, limit=limit)

    async def get(self, user_id: str, task_id: str) -> Task:
        """The task with this id. Raises `NotFoundError`."""
        return await self._repository.get(user_id, task_id)

    async def find(self, user_id: str, reference: str) -> Task:
        """The task of a reference. Raises `NotFoundError`, and `AmbiguousTaskError` when several match."""
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

    async def get_several(self, user_id: str, task_ids: Collection[str]) -> Sequence[Task]:
        """The tasks with these ids, oldest first; missing ones are left out."""
        return await self._repository.get_several(user_id, task_ids)

    async def search(self, user_id: str, text: str, *, limit: int = 10) -> Sequence[Task]:
        """At most `limit` tasks whose title contains `text`, an equal title first; the oldest without a text."""
        text = " ".join(text.split())
        if not text:
            return await self._repository.list(user_id, limit=limit)
        return await self._repository.find_by_title(user_id, text, limit=limit)

    async def update(self, user_id: str, reference: str, change: TaskChange) -> Task:
        """Change fields of a task. Raises what `find` does, and `InvalidInputError`."""
        return await self._changed(await self.find(user_id, reference), change)

    async def complete(self, user_id: str, reference: str) -> Task:
        """Mark as done. Idempotent. Raises what `find` does."""
        return await self.update(user_id, reference, COMPLETED)

    async def reopen(self, user_id: str, reference: str) -> Task:
        """Mark as pending. Idempotent. Raises what `find` does."""
        return await self.update(user_id, reference, REOPENED)

    async def delete(self, user_id: str, reference: str) -> Task:
        """Delete a task and return its last state. Raises what `find` does."""
        return await self._deleted(await self.find(user_id, reference))

    async def change(self, user_id: str, task_id: str, change: TaskChange, *, version: int | None = None) -> Task:
        """Change the task with this id, if it still has `version`. A change without an effect is not stored.

        Raises `NotFoundError`, `InvalidInputError`, and `StaleVersionError` for another version.
        """
        return await self._changed(await self.get(user_id, task_id), change, version)

    async def remove(self, user_id: str, task_id: str, *, version: int | None = None) -> Task:
        """Delete the task with this id, if it still has `version`. Raises what `change` does."""
        task = await self.get(user_id, task_id)
        _check_version(task, version)
        return await self._deleted(task)

    async def _changed(self, task: Task, change: TaskChange, version: int | None = None) -> Task:
        try:
            return await self._stored(task, change, version)
        except StaleVersionError:
            raise
        except ConflictError:
            if version is not None:
                raise _stale() from None
            # Another writer was first; without a version the change applies to the newest state.
            return await self._stored(await self._repository.get(task.user_id, task.id), change)

    async def _stored(self, task: Task, change: TaskChange, version: int | None = None) -> Task:
        changed = task.changed(change, now=self._now())
        if changed is not task:
            _check_version(task, version)
            await self._repository.update(changed)
            self._on_change(TaskEvent(_kind(task, changed), changed))
        return changed

    async def _deleted(self, task: Task) -> Task:
        await self._repository.delete(task.user_id, task.id)
        self._on_change(TaskEvent("deleted", task))
        return task


def _check_version(task: Task, version: int | None) -> None:
    if version not in (None, task.version):
        raise _stale()


def _stale() -> StaleVersionError:
    return StaleVersionError(_("This task was changed meanwhile. Look at it again before you change it."))


def _kind(before: Task, after: Task) -> EventKind:
    if before.status is after.status:
        return "updated"
    return "completed" if after.status is Status.COMPLETED else "reopened"
