"""Lazy task repository: imports the ORM and Advanced Alchemy when tasks are first used.

A start is a tenth shorter without them, and a server whose assistant has no tasks needs neither.
"""

from collections.abc import Collection, Sequence

from app.adapters.stores.sql.database import Database
from app.aio.lazy_value import LazyValue
from app.domain.task import Status, Task
from app.patches.garbage_collection import uncollected
from app.ports.task_repository import TaskRepository


class LazyTaskRepository(TaskRepository):
    """A proxy for the repository in SQL, which is built in a thread at the first call. Close it with `aclose`."""

    def __init__(self, database: Database) -> None:
        def build() -> TaskRepository:
            with uncollected():
                from app.adapters.stores.sql.tasks import SqlTaskRepository
            return SqlTaskRepository(database)

        self._repository = LazyValue(build)

    async def add(self, task: Task) -> None:
        await (await self._repository.get()).add(task)

    async def get(self, user_id: str, task_id: str) -> Task:
        return await (await self._repository.get()).get(user_id, task_id)

    async def get_several(self, user_id: str, task_ids: Collection[str]) -> Sequence[Task]:
        return await (await self._repository.get()).get_several(user_id, task_ids)

    async def list(
        self, user_id: str, *, status: Status | None = None, after: str | None = None, limit: int = 100
    ) -> Sequence[Task]:
        return await (await self._repository.get()).list(user_id, status=status, after=after, limit=limit)

    async def find_by_title(self, user_id: str, title: str, *, limit: int = 10) -> Sequence[Task]:
        return await (await self._repository.get()).find_by_title(user_id, title, limit=limit)

    async def update(self, task: Task) -> None:
        await (await self._repository.get()).update(task)

    async def delete(self, user_id: str, task_id: str) -> None:
        await (await self._repository.get()).delete(user_id, task_id)

    async def aclose(self) -> None:
        """Wait for the thread that builds the repository, if one runs. Idempotent."""
        await self._repository.aclose()
