"""ORM model of a task."""

import datetime as dt
from typing import ClassVar, Self

import msgspec
from sqlalchemy import FromClause
from sqlalchemy.orm import Mapped

from app.adapters.stores.sql.model import Model
from app.adapters.stores.sql.tables import tasks
from app.domain.task import Priority, Status, Task


class TaskModel(Model):
    """A task of one user. `version_id_col` checks the version that was read on every UPDATE and DELETE."""

    __table__: ClassVar[FromClause] = tasks

    seq: Mapped[int]
    id: Mapped[str]
    user_id: Mapped[str]
    title: Mapped[str]
    folded_title: Mapped[str]
    description: Mapped[str]
    priority: Mapped[str]
    due: Mapped[dt.date | None]
    status: Mapped[str]
    created_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime]
    completed_at: Mapped[dt.datetime | None]
    version: Mapped[int]

    # The domain counts versions, so the ORM only compares them.
    __mapper_args__ = {"version_id_col": tasks.c.version, "version_id_generator": False}  # noqa: RUF012  # read by SQLAlchemy

    @classmethod
    def of(cls, task: Task) -> Self:
        """Build a new row from a task."""
        return cls(**msgspec.structs.asdict(task), folded_title=task.title.casefold())

    def take(self, task: Task) -> None:
        """Copy every field of a newer version of the task."""
        for name, value in msgspec.structs.asdict(task).items():
            setattr(self, name, value)
        self.folded_title = task.title.casefold()

    def task(self) -> Task:
        """Build the task from the row."""
        values = {name: getattr(self, name) for name in Task.__struct_fields__}
        return Task(**values | {"priority": Priority(self.priority), "status": Status(self.status)})
