"""The task that is selected in the page: a tool of the page, not of the server."""

from typing import Any

from agents import Tool, function_tool
from agents.tool_context import ToolContext

from app.adapters.agents_sdk.tool_context import TurnContext
from app.adapters.agents_sdk.tools.failures import failure_for_model
from app.adapters.agents_sdk.tools.tasks import told
from app.application.tasks.service import TaskService
from app.domain.errors import NotFoundError

NAME = "get_selected_task"
"""The client tool: the page answers `{"task_id": …}`, or `{"task_id": null}` when nothing is selected."""


def selected_task_tool(tasks: TaskService) -> Tool:
    """The tool over `tasks`."""

    @function_tool(name_override=NAME, failure_error_function=failure_for_model)
    async def get_selected_task(ctx: ToolContext[TurnContext]) -> str:
        """Look up the task that the user has selected in the page around this chat, which they call the selected one or
        this one here."""
        task_id = _task_id(ctx.context.stage.call_page(ctx.tool_call_id, NAME, {}))
        if task_id is None:
            raise NotFoundError("No task is selected in the page.")
        # A page can say anything: the id counts only if it is a task of this user.
        task = await tasks.get(ctx.context.request.user_id, task_id)
        return told("found", task)

    return get_selected_task


def _task_id(answer: Any) -> str | None:
    task_id = answer.get("task_id") if isinstance(answer, dict) else None
    return task_id if isinstance(task_id, str) and task_id else None
