"""The seven task tools. Whose tasks they work on is known from the run, never from an argument."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
from agents import RunContextWrapper, Tool, function_tool

from app.adapters.agents_sdk.tools.failures import told_to_the_model
from app.adapters.agents_sdk.turn import TurnContext
from app.application.tasks import TaskService
from app.application.widgets.task_list import task_list, task_list_text
from app.domain.errors import InvalidInputError
from app.domain.task import Priority, Status, Task, TaskChange

Context = RunContextWrapper[TurnContext]
PriorityName = Literal["low", "medium", "high"]

LISTED: Final = 100

_TITLES: Final = {
    "create_task": "Adding a task",
    "list_tasks": "Looking at your tasks",
    "get_task": "Looking up a task",
    "update_task": "Changing a task",
    "complete_task": "Completing a task",
    "reopen_task": "Reopening a task",
    "delete_task": "Deleting a task",
}


def describe(tool_name: str, arguments: Mapping[str, Any]) -> str:
    """The line that is shown while a tool runs."""
    title = _TITLES.get(tool_name, tool_name)
    named = arguments.get("title") or arguments.get("task")
    return f"{title}: {named}" if isinstance(named, str) and tool_name != "update_task" else title


def task_tools(tasks: TaskService) -> Sequence[Tool]:
    """The tools over `tasks`."""

    @function_tool(failure_error_function=told_to_the_model)
    async def create_task(
        ctx: Context,
        title: str,
        description: str | None = None,
        priority: PriorityName | None = None,
        due: str | None = None,
    ) -> str:
        """Add a task to the user's list.

        Args:
            title: What is to be done, in a few words.
            description: Details, if the user gave any.
            priority: How much it matters; medium when the user did not say.
            due: The day it must be done by, as YYYY-MM-DD.
        """
        details = _change(description=description, priority=priority, due=due)
        return _told("created", await tasks.create(_user(ctx), title, details))

    @function_tool(failure_error_function=told_to_the_model)
    async def list_tasks(ctx: Context, status: Literal["pending", "completed", "all"] | None = None) -> str:
        """Show the user's tasks to them as a list, and tell you what is in it.

        Args:
            status: Which tasks; all of them when left out.
        """
        wanted = None if status in (None, "all") else Status(status)
        found = await tasks.list(_user(ctx), status=wanted, limit=LISTED)
        ctx.context.stage.show_widget(task_list(found), task_list_text(found))
        note = "The user sees this list already. Do not repeat it."
        return _json({"shown": len(found), "note": note, "tasks": [_facts(task) for task in found]})

    @function_tool(failure_error_function=told_to_the_model)
    async def get_task(ctx: Context, task: str) -> str:
        """Look up one task with all its details.

        Args:
            task: Id or title of the task.
        """
        return _told("found", await tasks.find(_user(ctx), task))

    @function_tool(failure_error_function=told_to_the_model)
    async def update_task(
        ctx: Context,
        task: str,
        title: str | None = None,
        description: str | None = None,
        priority: PriorityName | None = None,
        due: str | None = None,
    ) -> str:
        """Change fields of a task; what is left out stays as it is.

        Args:
            task: Id or present title of the task.
            title: The new title.
            description: The new description.
            priority: The new priority.
            due: The new day it must be done by, as YYYY-MM-DD, or the word none to clear it.
        """
        change = _change(title=title, description=description, priority=priority, due=due)
        return _told("updated", await tasks.update(_user(ctx), task, change))

    @function_tool(failure_error_function=told_to_the_model)
    async def complete_task(ctx: Context, task: str) -> str:
        """Mark a task as done.

        Args:
            task: Id or title of the task.
        """
        return _told("completed", await tasks.complete(_user(ctx), task))

    @function_tool(failure_error_function=told_to_the_model)
    async def reopen_task(ctx: Context, task: str) -> str:
        """Mark a task that was done as to be done again.

        Args:
            task: Id or title of the task.
        """
        return _told("reopened", await tasks.reopen(_user(ctx), task))

    @function_tool(failure_error_function=told_to_the_model)
    async def delete_task(ctx: Context, task: str) -> str:
        """Remove a task for good.

        Args:
            task: Id or title of the task.
        """
        return _told("deleted", await tasks.delete(_user(ctx), task))

    return [create_task, list_tasks, get_task, update_task, complete_task, reopen_task, delete_task]


def _user(ctx: Context) -> str:
    return ctx.context.request.user_id


def _change(
    *,
    title: str | None = None,
    description: str | None = None,
    priority: PriorityName | None = None,
    due: str | None = None,
) -> TaskChange:
    return TaskChange(
        title=msgspec.UNSET if title is None else title,
        description=msgspec.UNSET if description is None else description,
        priority=msgspec.UNSET if priority is None else Priority(priority),
        due=msgspec.UNSET if due is None else _day(due),
    )


def _day(text: str) -> dt.date | None:
    text = text.strip()
    if text.lower() in ("", "none"):
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(f"{text!r} is no day. Write it as YYYY-MM-DD.") from None


def _told(event: str, task: Task) -> str:
    return _json({event: _facts(task)})


def _facts(task: Task) -> dict[str, Any]:
    facts = {
        "id": task.id,
        "title": task.title,
        "status": task.status,
        "priority": task.priority,
        "due": task.due,
        "description": task.description,
    }
    return {name: value for name, value in facts.items() if value}


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
