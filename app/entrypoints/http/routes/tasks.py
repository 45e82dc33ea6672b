"""The task routes: list, create, read, change and delete the caller's tasks."""

import datetime as dt
import re
from collections.abc import AsyncGenerator, Sequence
from typing import Annotated, Final

import msgspec
from dishka.integrations.litestar import FromDishka
from litestar import Response, delete, get, patch, post
from litestar.openapi import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import Body, HeaderParameter, Parameter
from litestar.response import Stream

from app.application.tasks.service import TaskService
from app.domain.errors import InvalidInputError
from app.domain.identity import RequestContext
from app.domain.language import _
from app.domain.task import Priority, Status, Task, TaskChange

CHUNK: Final = 50
"""Tasks that are read and sent at once; one task may have 17 KB."""
_ENTITY_TAG: Final = re.compile(r'"(\d{1,18})"')


class NewTask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A task to add; only the title is needed."""

    title: str
    description: str = ""
    priority: Priority = Priority.MEDIUM
    due: dt.date | None = None


class Patch(TaskChange, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """New values for some fields; omitted fields stay, and a `due` of null clears the date."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A problem document (RFC 9457): `message` is for the user, translated; `errors` is for developers, in English."""

    type: str
    title: str
    status: int
    code: str
    message: str
    request_id: str
    errors: Sequence[str] = ()


IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        required=False,
        description='The `ETag` of the version that is meant, such as `"3"`; any version when left out.',
        examples=[Example(summary="The third version", value='"3"')],
    ),
]

_NOT_FOUND = {404: ResponseSpec(Problem, description="There is no such task.", media_type="application/problem+json")}
_STALE = {
    412: ResponseSpec(Problem, description="It was changed meanwhile.", media_type="application/problem+json"),
}
_NEW = Example(summary="A task", value={"title": "Buy milk", "priority": "high", "due": "2026-12-01"})
_DONE = Example(summary="Complete it", value={"status": "completed"})
_MOVED = Example(summary="Change the title, clear the date", value={"title": "Buy oat milk", "due": None})


@get(
    "/api/tasks",
    tags=["tasks"],
    summary="List tasks",
    responses={200: ResponseSpec(list[Task], description="The tasks.", generate_examples=False)},
)
async def list_tasks(
    tasks: FromDishka[TaskService],
    caller: FromDishka[RequestContext],
    status: Annotated[Status | None, Parameter(description="Only tasks of this status.")] = None,
    after: Annotated[str | None, Parameter(description="Id of the last task of the page before.")] = None,
    limit: Annotated[int, Parameter(ge=1, le=500, description="Length of the page.")] = 100,
) -> Response[Sequence[Task]] | Stream:
    """The caller's tasks, oldest first."""
    first = await tasks.list(caller.user_id, status=status, after=after, limit=min(limit, CHUNK))
    if len(first) < CHUNK or limit == CHUNK:
        return Response(first)
    return Stream(_in_chunks(tasks, caller.user_id, status, first, limit), media_type="application/json")


async def _in_chunks(
    tasks: TaskService, user_id: str, status: Status | None, chunk: Sequence[Task], limit: int
) -> AsyncGenerator[bytes, None]:
    """Stream a long list with backpressure: at most one chunk is in memory for a slow reader."""
    opening = b"["
    while chunk:
        limit -= len(chunk)
        yield opening + msgspec.json.encode(chunk)[1:-1]
        opening = b","
        chunk = await tasks.list(user_id, status=status, after=chunk[-1].id, limit=min(limit, CHUNK)) if limit else ()
    yield b"]"


@post("/api/tasks", tags=["tasks"], summary="Add a task")
async def create_task(
    data: Annotated[NewTask, Body(examples=[_NEW])],
    tasks: FromDishka[TaskService],
    caller: FromDishka[RequestContext],
) -> Response[Task]:
    """Create a pending task; `Location` is its path."""
    details = TaskChange(description=data.description, priority=data.priority, due=data.due)
    task = await tasks.create(caller.user_id, data.title, details)
    response = _with_version(task)
    response.headers["Location"] = f"/api/tasks/{task.id}"
    return response


@get("/api/tasks/{task_id:str}", tags=["tasks"], summary="Read a task", responses=_NOT_FOUND)
async def read_task(task_id: str, tasks: FromDishka[TaskService], caller: FromDishka[RequestContext]) -> Response[Task]:
    """Return the task; its `ETag` is its version."""
    return _with_version(await tasks.get(caller.user_id, task_id))


@patch("/api/tasks/{task_id:str}", tags=["tasks"], summary="Change a task", responses=_NOT_FOUND | _STALE)
async def change_task(
    task_id: str,
    data: Annotated[Patch, Body(examples=[_DONE, _MOVED])],
    tasks: FromDishka[TaskService],
    caller: FromDishka[RequestContext],
    if_match: IfMatch = None,
) -> Response[Task]:
    """Change the task and return it; a change without a difference keeps the version."""
    return _with_version(await tasks.change(caller.user_id, task_id, data, version=_version(if_match)))


@delete("/api/tasks/{task_id:str}", tags=["tasks"], summary="Delete a task", responses=_NOT_FOUND | _STALE)
async def delete_task(
    task_id: str,
    tasks: FromDishka[TaskService],
    caller: FromDishka[RequestContext],
    if_match: IfMatch = None,
) -> None:
    """Delete the task for good."""
    await tasks.remove(caller.user_id, task_id, version=_version(if_match))


def _with_version(task: Task) -> Response[Task]:
    return Response(task, headers={"ETag": f'"{task.version}"'})


def _version(if_match: str | None) -> int | None:
    """Return the version in `If-Match`; None for any. Raises `InvalidInputError` for a list of several tags."""
    if if_match is None or if_match.strip() == "*":
        return None
    match = _ENTITY_TAG.fullmatch(if_match.strip())
    if match is None:
        raise InvalidInputError(_("If-Match is not the ETag of a task."))
    return int(match[1])


INJECTED: Final = (list_tasks, create_task, read_task, change_task, delete_task)
