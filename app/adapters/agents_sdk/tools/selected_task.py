"""The tool `get_selected_task`: asks the page for the task that the user has selected there."""

from typing import Any

from agents import Tool, function_tool
from agents.tool_context import ToolContext

from app.adapters.agents_sdk.tool_context import TurnContext, turn_context
from app.adapters.agents_sdk.tools.failures import failure_for_model
from app.adapters.agents_sdk.tools.tasks import task_result
from app.application.tasks.service import TaskService
from app.domain.errors import NotFoundError

NAME = "get_selected_task"
"""Name of the client tool; the page answers `{"task_id": …}`, or `{"task_id": null}` without a selection."""


def selected_task_tool(tasks: TaskService) -> Tool:
    """Return the tool for the task service."""

    @function_tool(name_override=NAME, failure_error_function=failure_for_model)
    async def get_selected_task(ctx: ToolContext[TurnContext]) -> str:
        """Look up the task that the user has selected in the page around this chat, which they call the selected one or
        this one here."""
        task_id = _task_id(turn_context(ctx).stage.call_page(ctx.tool_call_id, NAME, {}))
        if task_id is None:
            raise NotFoundError("No task is selected in the page.")
        # The page is not trusted: `get` finds tasks of this user only.
        task = await tasks.get(turn_context(ctx).request.user_id, task_id)
        return task_result("found", task)

    return get_selected_task


def _task_id(answer: Any) -> str | None:
    task_id = answer.get("task_id") if isinstance(answer, dict) else None
    return task_id if isinstance(task_id, str) and task_id else None
