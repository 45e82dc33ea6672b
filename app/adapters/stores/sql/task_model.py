"""ORM model of a task."""

import datetime as dt
from typing import Self

import msgspec
from advanced_alchemy.types import DateTimeUTC
from sqlalchemy import Date, Identity, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.stores.sql.model import Model
from app.adapters.stores.sql.types import AnyText, Sequence
from app.domain.task import Priority, Status, Task


class TaskModel(Model):
    """A task of one user. `version_id_col` checks the version that was read on every UPDATE and DELETE."""

    __tablename__ = "tasks"
    __table_args__ = (
        UniqueConstraint("user_id", "id"),
        Index(None, "user_id", "created_at", "seq"),
        Index(None, "user_id", "status", "created_at", "seq"),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(Sequence, Identity(), primary_key=True)
    id: Mapped[str] = mapped_column(AnyText)
    user_id: Mapped[str] = mapped_column(AnyText)
    title: Mapped[str] = mapped_column(AnyText)
    folded_title: Mapped[str] = mapped_column(AnyText)
    description: Mapped[str] = mapped_column(AnyText)
    priority: Mapped[str] = mapped_column(String(16))
    due: Mapped[dt.date | None] = mapped_column(Date)
    status: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[dt.datetime] = mapped_column(DateTimeUTC)
    updated_at: Mapped[dt.datetime] = mapped_column(DateTimeUTC)
    completed_at: Mapped[dt.datetime | None] = mapped_column(DateTimeUTC)
    version: Mapped[int] = mapped_column(Integer)

    # The domain counts versions, so the ORM only compares them.
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012  # read by SQLAlchemy

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
