"""Tasks in SQL."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Row, Select, and_, bindparam, delete, func, select, update
from sqlalchemy.exc import IntegrityError

from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.failures import is_duplicate
from app.adapters.stores.sql.paging import bury, page, position
from app.adapters.stores.sql.tables import tasks
from app.adapters.stores.sql.types import AnyText
from app.domain.errors import ConflictError, NotFoundError
from app.domain.task import Priority, Status, Task
from app.ports.task_repository import TaskRepository

LIST_LIMIT = 500

_SCOPE = bindparam("scope", type_=AnyText)
_TASK = bindparam("task_id", type_=AnyText)
_NEEDLE = bindparam("needle", type_=AnyText)
_STATUS = bindparam("wanted", type_=tasks.c.status.type)

_columns = [tasks.c[name] for name in Task.__struct_fields__]
_one = and_(tasks.c.user_id == _SCOPE, tasks.c.id == _TASK)
_get = select(*_columns).where(_one)
_several = (
    select(*_columns)
    .where(tasks.c.user_id == _SCOPE, tasks.c.id.in_(bindparam("task_ids", type_=AnyText, expanding=True)))
    .order_by(tasks.c.created_at, tasks.c.seq)
)
_update = update(tasks).where(_one, tasks.c.version == bindparam("was", type_=tasks.c.version.type))
_delete = delete(tasks).where(_one).returning(tasks.c.created_at, tasks.c.seq)
_position = position(tasks, "task", tasks.c.user_id)
_find = (
    select(*_columns)
    # REPLACE knows no wildcards, and has no limit on the length of what is sought, as LIKE has on SQLite.
    .where(
        tasks.c.user_id == _SCOPE,
        (_NEEDLE == "") | (func.replace(tasks.c.folded_title, _NEEDLE, "") != tasks.c.folded_title),
    )
    .order_by((tasks.c.folded_title == _NEEDLE).desc(), tasks.c.created_at, tasks.c.seq)
    .limit(bindparam("rows"))
)


class SqlTaskRepository(TaskRepository):
    """`TaskRepository` on PostgreSQL or SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, task: Task) -> None:
        try:
            await self._database.write(tasks.insert(), _values(task))
        except IntegrityError as error:
            if not is_duplicate(error):
                raise
            raise ConflictError(f"There is a task {task.id} already.") from error

    async def get(self, user_id: str, task_id: str) -> Task:
        row = await self._database.row(_get, {"scope": user_id, "task_id": task_id})
        if row is None:
            raise _not_found(task_id)
        return _task(row)

    async def get_several(self, user_id: str, task_ids: Collection[str]) -> Sequence[Task]:
        rows = await self._database.rows(_several, {"scope": user_id, "task_ids": list(task_ids)})
        return [_task(row) for row in rows]

    async def list(
        self, user_id: str, *, status: Status | None = None, after: str | None = None, limit: int = 100
    ) -> Sequence[Task]:
        parameters = {"scope": user_id, "wanted": status, "after": after, "rows": max(1, min(limit, LIST_LIMIT))}
        query = _list(filtered=status is not None, continued=after is not None)
        rows = await self._database.rows(query, parameters)
        if not rows and after is not None and await self._database.row(_position, parameters) is None:
            raise _not_found(after)
        return [_task(row) for row in rows]

    async def find_by_title(self, user_id: str, title: str, *, limit: int = 10) -> Sequence[Task]:
        parameters = {"scope": user_id, "needle": title.casefold(), "rows": max(1, min(limit, LIST_LIMIT))}
        return [_task(row) for row in await self._database.rows(_find, parameters)]

    async def update(self, task: Task) -> None:
        values = _values(task)
        changed = {name: values[name] for name in values.keys() - {"id", "user_id", "created_at"}}
        parameters = {"scope": task.user_id, "task_id": task.id, "was": task.version - 1}
        if not await self._database.write(_update.values(changed), parameters):
            await self.get(task.user_id, task.id)
            raise ConflictError(f"Task {task.id} was changed meanwhile. Read it again.")

    async def delete(self, user_id: str, task_id: str) -> None:
        async with self._database.transaction() as connection:
            gone = (await connection.execute(_delete, {"scope": user_id, "task_id": task_id})).one_or_none()
            if gone is None:
                raise _not_found(task_id)
            await connection.execute(bury(self._database, "task", user_id, task_id, gone))


@cache
def _list(*, filtered: bool, continued: bool) -> Select[Any]:
    query = select(*_columns, tasks.c.seq).where(tasks.c.user_id == _SCOPE)
    if filtered:
        query = query.where(tasks.c.status == _STATUS)
    return page(query, tasks, "asc", _position if continued else None)


def _values(task: Task) -> dict[str, Any]:
    return msgspec.structs.asdict(task) | {"folded_title": task.title.casefold()}


def _task(row: Row[Any]) -> Task:
    values = row._asdict()
    values.pop("seq", None)
    return Task(**values | {"priority": Priority(values["priority"]), "status": Status(values["status"])})


def _not_found(task_id: str) -> NotFoundError:
    return NotFoundError(f"There is no task {task_id}.")
