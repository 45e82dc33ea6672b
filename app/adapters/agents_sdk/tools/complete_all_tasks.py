"""The tool `complete_all_tasks`: completes open tasks after the user's approval."""

from typing import Final, Literal

import msgspec
from agents import Tool, function_tool
from agents.tool_context import ToolContext

from app.adapters.agents_sdk.tool_context import TurnContext, turn_context
from app.adapters.agents_sdk.tools.effects import with_client_effects
from app.adapters.agents_sdk.tools.failures import failure_for_model
from app.application.tasks.service import TaskService
from app.domain.task import Status

MAX_TASKS: Final = 100
"""Limit of tasks that one call completes."""


def complete_all_tasks_tool(tasks: TaskService) -> Tool:
    """Return the tool for the task service; each call waits for approval."""

    @function_tool(failure_error_function=failure_for_model, needs_approval=True)
    async def complete_all_tasks(
        ctx: ToolContext[TurnContext], priority: Literal["low", "medium", "high", "any"] = "any"
    ) -> str:
        """Mark all open tasks as done. The user is asked for approval by the server: do not ask before.

        Args:
            priority: Only tasks of this priority.
        """
        user_id, service = turn_context(ctx).request.user_id, with_client_effects(ctx, tasks)
        found = await tasks.list(user_id, status=Status.PENDING, limit=MAX_TASKS)
        wanted = [task for task in found if priority in ("any", task.priority)]
        done = [(await service.complete(user_id, task.id)).title for task in wanted]
        return msgspec.json.encode({"completed_tasks": done}).decode()

    return complete_all_tasks
