"""The tool `next_task`: the open task to begin with."""

import datetime as dt

import msgspec
from agents import Tool, function_tool
from agents.tool_context import ToolContext

from app.adapters.agents_sdk.tool_context import TurnContext, turn_context
from app.adapters.agents_sdk.tools.failures import failure_for_model
from app.application.tasks.service import TaskService
from app.domain.task import Priority, Status, Task

_RANKS = {Priority.HIGH: 0, Priority.MEDIUM: 1, Priority.LOW: 2}


def next_task_tool(tasks: TaskService) -> Tool:
    """Return the tool for the task service."""

    @function_tool(failure_error_function=failure_for_model)
    async def next_task(ctx: ToolContext[TurnContext]) -> str:
        """Find the open task to begin with: the one that is due first, of equal ones that of the highest priority."""
        found = await tasks.list(turn_context(ctx).request.user_id, status=Status.PENDING)
        first = min(found, key=_order, default=None)
        facts = None if first is None else {"title": first.title, "priority": first.priority, "due": first.due}
        return msgspec.json.encode({"next_task": facts}).decode()

    return next_task


def _order(task: Task) -> tuple[dt.date, int]:
    return task.due or dt.date.max, _RANKS[task.priority]
