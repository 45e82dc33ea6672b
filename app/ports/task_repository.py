"""Where tasks are kept."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence

from app.domain.task import Status, Task


class TaskRepository(ABC):
    """Tasks, each seen by its own user only: another user's id is as unknown as one that does not exist.

    The contract is `tests/contracts/test_task_repository.py`.
    """

    @abstractmethod
    async def add(self, task: Task) -> None:
        """Store a new task. Raises `ConflictError` when its user has one of that id."""

    @abstractmethod
    async def get(self, user_id: str, task_id: str) -> Task:
        """Raises `NotFoundError`."""

    @abstractmethod
    async def get_several(self, user_id: str, task_ids: Collection[str]) -> Sequence[Task]:
        """Those of these tasks that there are, by age, in one query; ids that are unknown are left out."""

    @abstractmethod
    async def list(
        self, user_id: str, *, status: Status | None = None, after: str | None = None, limit: int = 100
    ) -> Sequence[Task]:
        """Tasks by age, oldest first (`created_at`, then order of insertion), at most `limit` (brought into 1..500).

        `after` is a task's id; the page starts behind it, even when that task was deleted meanwhile.
        """

    @abstractmethod
    async def find_by_title(self, user_id: str, title: str, *, limit: int = 10) -> Sequence[Task]:
        """Tasks whose title contains `title`, letter case aside (Unicode), oldest first; `limit` as in `list`.

        An exact match, letter case aside, comes before all others. `%` and `_` have no meaning in `title`.
        """

    @abstractmethod
    async def update(self, task: Task) -> None:
        """Replace the stored task, whose version must be `task.version - 1`.

        Raises `NotFoundError` when there is no such task, `ConflictError` when it has another version.
        """

    @abstractmethod
    async def delete(self, user_id: str, task_id: str) -> None:
        """Raises `NotFoundError`."""
