"""Task repository in SQL, on Advanced Alchemy's repository: the example to copy for your own aggregate."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any, Final

from advanced_alchemy.filters import LimitOffset
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import Select, bindparam, desc, func, literal, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.exc import StaleDataError

from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.failures import is_duplicate
from app.adapters.stores.sql.model import reading, writing
from app.adapters.stores.sql.paging import leave_tombstone, page, position
from app.adapters.stores.sql.tables import tasks
from app.adapters.stores.sql.task_model import TaskModel
from app.adapters.stores.sql.types import AnyText
from app.domain.errors import ConflictError, NotFoundError
from app.domain.language import _
from app.domain.task import Status, Task
from app.ports.task_repository import TaskRepository

LIST_LIMIT = 500

_OLDEST_FIRST: Final = (TaskModel.created_at.asc(), TaskModel.seq.asc())
_position = position(tasks, "task", tasks.c.user_id)


class TaskRows(SQLAlchemyAsyncRepository[TaskModel]):
    """Repository of task rows. It raises SQLAlchemy's errors, which `sql/failures.py` classifies."""

    model_type = TaskModel

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(session=session, wrap_exceptions=False)

    async def one(self, user_id: str, task_id: str) -> TaskModel:
        """Load the row of a user's task. Raises `NotFoundError`."""
        row = await self.get_one_or_none(TaskModel.user_id == user_id, TaskModel.id == task_id)
        if row is None:
            raise _not_found()
        return row


class SqlTaskRepository(TaskRepository):
    """`TaskRepository` on PostgreSQL or SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, task: Task) -> None:
        try:
            async with writing(self._database) as session:
                await TaskRows(session).add(TaskModel.of(task), auto_refresh=False)
        except IntegrityError as error:
            if not is_duplicate(error):
                raise
            raise ConflictError(_("There is a task of this id already.")) from error

    async def get(self, user_id: str, task_id: str) -> Task:
        async with reading(self._database) as session:
            return (await TaskRows(session).one(user_id, task_id)).task()

    async def get_several(self, user_id: str, task_ids: Collection[str]) -> Sequence[Task]:
        wanted = (TaskModel.user_id == user_id, TaskModel.id.in_(task_ids))
        async with reading(self._database) as session:
            return [row.task() for row in await TaskRows(session).get_many(*wanted, order_by=[*_OLDEST_FIRST])]

    async def list(
        self, user_id: str, *, status: Status | None = None, after: str | None = None, limit: int = 100
    ) -> Sequence[Task]:
        parameters = {"scope": user_id, "wanted": status, "after": after, "rows": max(1, min(limit, LIST_LIMIT))}
        query = _list(filtered=status is not None, continued=after is not None)
        async with reading(self._database) as session:
            rows = (await session.scalars(select(TaskModel).from_statement(query), parameters)).all()
            if not rows and after is not None and (await session.execute(_position, parameters)).first() is None:
                raise _not_found()
            return [row.task() for row in rows]

    async def find_by_title(self, user_id: str, title: str, *, limit: int = 10) -> Sequence[Task]:
        folded, sought = TaskModel.folded_title, literal(title.casefold(), AnyText)
        wanted = [TaskModel.user_id == user_id]
        if title:
            # REPLACE has no wildcards, and no limit on the length of the pattern, unlike LIKE on SQLite.
            wanted.append(func.replace(folded, sought, "") != folded)
        best_first: list[Any] = [desc(folded == sought), *_OLDEST_FIRST]
        most = LimitOffset(max(1, min(limit, LIST_LIMIT)), 0)
        async with reading(self._database) as session:
            return [row.task() for row in await TaskRows(session).get_many(*wanted, most, order_by=best_first)]

    async def update(self, task: Task) -> None:
        try:
            async with writing(self._database) as session:
                row = await TaskRows(session).one(task.user_id, task.id)
                if row.version != task.version - 1:
                    raise _stale()
                row.take(task)
        except StaleDataError as error:
            raise _stale() from error

    async def delete(self, user_id: str, task_id: str) -> None:
        try:
            async with writing(self._database) as session:
                row = await TaskRows(session).one(user_id, task_id)
                await session.delete(row)
                await session.execute(leave_tombstone(self._database, "task", user_id, task_id, row))
        except StaleDataError:
            # The task was changed or deleted meanwhile; the user wants it deleted in any case.
            await self.delete(user_id, task_id)


@cache
def _list(*, filtered: bool, continued: bool) -> Select[Any]:
    query = select(tasks).where(tasks.c.user_id == bindparam("scope"))
    if filtered:
        query = query.where(tasks.c.status == bindparam("wanted"))
    return page(query, tasks, "asc", _position if continued else None)


def _stale() -> ConflictError:
    return ConflictError(_("This task was changed meanwhile. Look at it again before you change it."))


def _not_found() -> NotFoundError:
    return NotFoundError(_("There is no such task."))
