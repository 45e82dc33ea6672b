"""Task repository: the tasks of each user."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence

from app.domain.task import Status, Task


class TaskRepository(ABC):
    """Task repository; each task is visible to its user only, and unknown to every other.

    The contract is `tests/contracts/test_task_repository.py`.
    """

    @abstractmethod
    async def add(self, task: Task) -> None:
        """Store a new task. Raises `ConflictError` when its user has a task of that id."""

    @abstractmethod
    async def get(self, user_id: str, task_id: str) -> Task:
        """Return a task. Raises `NotFoundError`."""

    @abstractmethod
    async def get_several(self, user_id: str, task_ids: Collection[str]) -> Sequence[Task]:
        """Return the existing tasks of these ids by age, in one query; unknown ids are left out."""

    @abstractmethod
    async def list(
        self, user_id: str, *, status: Status | None = None, after: str | None = None, limit: int = 100
    ) -> Sequence[Task]:
        """Return a keyset page of tasks, oldest first (`created_at`, then order of insertion).

        At most `limit`, which is clamped to 1..500. `after` is a task's id; the page starts behind it, even when that
        task was deleted meanwhile.
        """

    @abstractmethod
    async def find_by_title(self, user_id: str, title: str, *, limit: int = 10) -> Sequence[Task]:
        """Return tasks whose title contains `title`, ignoring case (Unicode), oldest first; `limit` as in `list`.

        An exact match, ignoring case, comes before all others. `%` and `_` have no meaning in `title`.
        """

    @abstractmethod
    async def update(self, task: Task) -> None:
        """Replace the stored task, whose version must be `task.version - 1`.

        Raises `NotFoundError` when there is no such task, `ConflictError` when it has another version.
        """

    @abstractmethod
    async def delete(self, user_id: str, task_id: str) -> None:
        """Delete a task. Raises `NotFoundError`."""
