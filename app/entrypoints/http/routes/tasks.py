"""The caller's tasks."""

from typing import Annotated

from dishka.integrations.litestar import FromDishka
from litestar import get
from litestar.params import Parameter

from app.application.tasks import TaskService
from app.domain.identity import RequestContext
from app.domain.task import Status, Task


@get("/api/tasks", tags=["tasks"], summary="List tasks")
async def list_tasks(
    tasks: FromDishka[TaskService],
    caller: FromDishka[RequestContext],
    status: Annotated[Status | None, Parameter(description="Only tasks of this status.")] = None,
    after: Annotated[str | None, Parameter(description="Id of the last task of the page before.")] = None,
    limit: Annotated[int, Parameter(ge=1, le=500, description="Length of the page.")] = 100,
) -> list[Task]:
    """The caller's tasks, oldest first."""
    return list(await tasks.list(caller.user_id, status=status, after=after, limit=limit))
