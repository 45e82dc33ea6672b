"""Seven task tools; the user is taken from the run's context, never from an argument."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
from agents import RunContextWrapper, Tool, function_tool

from app.adapters.agents_sdk.assistant import plain_title
from app.adapters.agents_sdk.tool_context import TurnContext, turn_context
from app.adapters.agents_sdk.tools.effects import with_client_effects
from app.adapters.agents_sdk.tools.failures import failure_for_model
from app.adapters.agents_sdk.tools.task_reference import resolve_task
from app.application.tasks.service import TaskService
from app.application.tasks.widgets.components import TaskListView
from app.application.tasks.widgets.task_card import task_card, task_card_text
from app.application.tasks.widgets.task_list import FETCHED, page_of, task_list, task_list_text
from app.domain.errors import InvalidInputError
from app.domain.language import _, deferred
from app.domain.task import Priority, Status, Task, TaskChange

Context = RunContextWrapper[TurnContext]
PriorityName = Literal["low", "medium", "high"]

MAX_LISTED: Final = 100
"""Limit of tasks in the result for the model; the widget may show more."""

_MAX_TITLE: Final = 80
_LIST_NOTE: Final = "The user sees this list already, and can click to complete, open and edit. Do not repeat it. "
_CLEARED: Final = "none"
_ID: Final = re.compile(r"task_[0-9a-f]{32}")
_TITLES: Final = {
    "create_task": deferred("Adding a task"),
    "list_tasks": deferred("Looking at your tasks"),
    "get_task": deferred("Looking up a task"),
    "update_task": deferred("Changing a task"),
    "complete_task": deferred("Completing a task"),
    "reopen_task": deferred("Reopening a task"),
    "delete_task": deferred("Deleting a task"),
    "delete_tasks": deferred("Deleting tasks"),
    "get_selected_task": deferred("Looking at the selected task"),
    "ask_user": deferred("Asking you"),
}

TRACKED: Final = frozenset(_TITLES)
"""Names of the tools that report their changes themselves; see `Assistant.tracked`."""


def describe(tool_name: str, arguments: Mapping[str, Any]) -> str:
    """Return the progress line of a running tool, with the task's title if the call contains one."""
    title = _(_TITLES[tool_name]) if tool_name in _TITLES else plain_title(tool_name, arguments)
    named = arguments.get("title" if tool_name == "create_task" else "task")
    if tool_name not in _TITLES or not isinstance(named, str) or not named or _ID.fullmatch(named):
        return title
    named = " ".join(named.split())
    return f"{title}: {named}" if len(named) <= _MAX_TITLE else f"{title}: {named[:_MAX_TITLE]}…"


def task_tools(tasks: TaskService) -> Sequence[Tool]:
    """Return the tools for the task service."""

    @function_tool(failure_error_function=failure_for_model)
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
        return task_result("created", await with_client_effects(ctx, tasks).create(_user(ctx), title, details))

    @function_tool(failure_error_function=failure_for_model)
    async def list_tasks(ctx: Context, status: Literal["pending", "completed", "all"] | None = None) -> str:
        """Show the user's tasks to them as a list, and tell you what is in it.

        Args:
            status: Which tasks; all of them when left out.
        """
        wanted = None if status in (None, "all") else Status(status)
        found = await tasks.list(_user(ctx), status=wanted, limit=FETCHED)
        page, shown = page_of(found, TaskListView(wanted)), found[:MAX_LISTED]
        turn_context(ctx).stage.show_widget(task_list(page, tasks.today), task_list_text(page))
        note = _LIST_NOTE if turn_context(ctx).stage.interactive else ""
        if len(found) > MAX_LISTED:
            note += "The list holds their oldest tasks only; there are more, which can be looked up by title."
        rows = [_facts(task, "id", "title", "status", "priority", "due") for task in shown]
        return _json({"shown": len(shown), "note": note.strip(), "tasks": rows})

    @function_tool(failure_error_function=failure_for_model)
    async def get_task(ctx: Context, task: str) -> str:
        """Look up one task with all its details, and show it to the user as a card.

        Args:
            task: Id or title of the task.
        """
        found = await tasks.find(_user(ctx), await resolve_task(ctx, tasks, task))
        turn_context(ctx).stage.show_widget(task_card(found, tasks.today), task_card_text(found))
        return task_result("found", found)

    @function_tool(failure_error_function=failure_for_model)
    async def update_task(
        ctx: Context,
        task: str,
        title: str | None = None,
        description: str | None = None,
        priority: PriorityName | None = None,
        due: str | None = None,
    ) -> str:
        """Change fields of a task; what is left out stays as it is. For its status use complete_task or reopen_task.

        Args:
            task: Id or present title of the task.
            title: The new title.
            description: The new description, or the word none to clear it.
            priority: The new priority.
            due: The new day it must be done by, as YYYY-MM-DD, or the word none to clear it.
        """
        change = _change(title=title, description=description, priority=priority, due=due)
        return task_result(
            "updated",
            await with_client_effects(ctx, tasks).update(_user(ctx), await resolve_task(ctx, tasks, task), change),
        )

    @function_tool(failure_error_function=failure_for_model)
    async def complete_task(ctx: Context, task: str) -> str:
        """Mark a task as done.

        Args:
            task: Id or title of the task.
        """
        return task_result(
            "completed",
            await with_client_effects(ctx, tasks).complete(_user(ctx), await resolve_task(ctx, tasks, task)),
        )

    @function_tool(failure_error_function=failure_for_model)
    async def reopen_task(ctx: Context, task: str) -> str:
        """Mark a task that was done as to be done again.

        Args:
            task: Id or title of the task.
        """
        return task_result(
            "reopened", await with_client_effects(ctx, tasks).reopen(_user(ctx), await resolve_task(ctx, tasks, task))
        )

    @function_tool(failure_error_function=failure_for_model)
    async def delete_task(ctx: Context, task: str) -> str:
        """Remove a task for good.

        Args:
            task: Id or title of the task.
        """
        return task_result(
            "deleted", await with_client_effects(ctx, tasks).delete(_user(ctx), await resolve_task(ctx, tasks, task))
        )

    return [create_task, list_tasks, get_task, update_task, complete_task, reopen_task, delete_task]


def _user(ctx: Context) -> str:
    return turn_context(ctx).request.user_id


def _change(
    *,
    title: str | None = None,
    description: str | None = None,
    priority: PriorityName | None = None,
    due: str | None = None,
) -> TaskChange:
    """The fields to change; an empty string leaves a field as it is, because some models send it for a missing one."""
    return TaskChange(
        title=title if title and title.strip() else msgspec.UNSET,
        description=_text(description) if description and description.strip() else msgspec.UNSET,
        priority=Priority(priority) if priority else msgspec.UNSET,
        due=_day(due) if due and due.strip() else msgspec.UNSET,
    )


def _text(text: str) -> str:
    return "" if _is_cleared(text) else text


def _day(text: str) -> dt.date | None:
    if _is_cleared(text):
        return None
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInputError(_("“{text}” is no day. Write it as YYYY-MM-DD.", text=text[:_MAX_TITLE])) from None


def _is_cleared(text: str) -> bool:
    return text.strip().lower() == _CLEARED


def task_result(event: str, task: Task) -> str:
    """Return a tool's result for the model: JSON with the task's fields under the name of the event."""
    return _json({event: _facts(task, "id", "title", "status", "priority", "due", "description")})


def _facts(task: Task, *names: str) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(task, name))}


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
