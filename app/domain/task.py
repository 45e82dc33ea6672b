"""Task: a to-do of one user, and the rules for its changes."""

import datetime as dt
from enum import StrEnum
from typing import Self

import msgspec

from app.domain.errors import InvalidInputError
from app.domain.ids import new_id
from app.domain.language import _

TITLE_LIMIT = 200
DESCRIPTION_LIMIT = 4_000


class Priority(StrEnum):
    """Priority of a task."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Status(StrEnum):
    """Status of a task."""

    PENDING = "pending"
    COMPLETED = "completed"


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One to-do. Times are UTC; `version` rises by one with every stored change."""

    id: str
    user_id: str
    title: str
    description: str = ""
    priority: Priority = Priority.MEDIUM
    due: dt.date | None = None
    status: Status = Status.PENDING
    created_at: dt.datetime
    updated_at: dt.datetime
    completed_at: dt.datetime | None = None
    version: int = 1

    def changed(self, change: "TaskChange", *, now: dt.datetime) -> Self:
        """Return the task with `change` applied; the same object when nothing differs."""
        wanted = {name: value for name, value in change.values().items() if value != getattr(self, name)}
        if not wanted:
            return self
        if "status" in wanted:
            wanted["completed_at"] = now if wanted["status"] is Status.COMPLETED else None
        return msgspec.structs.replace(self, **wanted, updated_at=now, version=self.version + 1)


class TaskChange(msgspec.Struct, frozen=True, kw_only=True):
    """New values for some fields of a task; `UNSET` leaves a field alone, `due=None` clears the date."""

    title: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType = msgspec.UNSET
    priority: Priority | msgspec.UnsetType = msgspec.UNSET
    due: dt.date | msgspec.UnsetType | None = msgspec.UNSET
    status: Status | msgspec.UnsetType = msgspec.UNSET

    def values(self) -> dict[str, object]:
        """Return the fields that are set, cleaned for a task. Raises `InvalidInputError`."""
        values = {name: value for name, value in msgspec.structs.asdict(self).items() if value is not msgspec.UNSET}
        if isinstance(self.title, str):
            values["title"] = clean_title(self.title)
        if isinstance(self.description, str):
            values["description"] = clean_description(self.description)
        return values


COMPLETED = TaskChange(status=Status.COMPLETED)
REOPENED = TaskChange(status=Status.PENDING)


def new_task(user_id: str, title: str, *, now: dt.datetime, details: TaskChange | None = None) -> Task:
    """Return a task of `user_id` with a new id, pending unless `details` has another status.

    Raises `InvalidInputError` for an invalid title or description.
    """
    task = Task(id=new_id("task"), user_id=user_id, title=clean_title(title), created_at=now, updated_at=now)
    if details is None:
        return task
    values = details.values()
    completed_at = now if values.get("status") is Status.COMPLETED else None
    return msgspec.structs.replace(task, **values, completed_at=completed_at)


def clean_title(title: str) -> str:
    """Return the title on one line, trimmed. Raises `InvalidInputError`."""
    title = " ".join(title.split())
    if not title:
        raise InvalidInputError(_("A task needs a title."))
    if len(title) > TITLE_LIMIT:
        raise InvalidInputError(
            _(
                "A task's title has at most {limit} characters; this one has {length}.",
                limit=TITLE_LIMIT,
                length=len(title),
            )
        )
    return title


def clean_description(description: str) -> str:
    """Return the description, trimmed. Raises `InvalidInputError`."""
    description = description.strip()
    if len(description) > DESCRIPTION_LIMIT:
        raise InvalidInputError(
            _(
                "A task's description has at most {limit} characters; this one has {length}.",
                limit=DESCRIPTION_LIMIT,
                length=len(description),
            )
        )
    return description
