"""The tool `delete_tasks`: deletes several tasks after the user's confirmation."""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec
from agents import Tool, function_tool
from agents.tool_context import ToolContext
from chatkit.types import StructuredInputMultipleChoice, StructuredInputMultipleChoiceOption

from app.adapters.agents_sdk.tool_context import TurnContext, turn_context
from app.adapters.agents_sdk.tools.effects import with_client_effects
from app.adapters.agents_sdk.tools.failures import failure_for_model
from app.application.tasks.service import TaskService
from app.domain.errors import InvalidInputError, NotFoundError
from app.domain.language import _, deferred, plural
from app.domain.task import Status, Task

MAX_TASKS: Final = 100
"""Limit of tasks that one call deletes."""

YES: Final = deferred("Yes, delete them")
NO: Final = deferred("No, keep them")
_TITLES_SHOWN: Final = 10


def delete_tasks_tool(tasks: TaskService) -> Tool:
    """Return the tool for the task service."""

    @function_tool(failure_error_function=failure_for_model)
    async def delete_tasks(
        ctx: ToolContext[TurnContext],
        tasks_to_delete: list[str] | None = None,
        status: Literal["pending", "completed", "all"] | None = None,
    ) -> str:
        """Remove several tasks for good. The user is asked to confirm by the tool itself: do not ask before.

        Args:
            tasks_to_delete: Ids or titles of the tasks.
            status: Instead of naming them: all tasks of this status.
        """
        user_id = turn_context(ctx).request.user_id
        wanted = await _resolve(tasks, user_id, tasks_to_delete or [], status)
        if len(wanted) > 1 or turn_context(ctx).stage.was_asked(ctx.tool_call_id):
            [answer] = turn_context(ctx).stage.ask(ctx.tool_call_id, [_confirmation(wanted)])
            if answer[:1] != [_(YES)]:
                reply = f" They said: {answer[0]}" if answer and answer[0] != _(NO) else ""
                return f"The user did not agree: nothing was deleted.{reply}"
        deleted = [task.title for task in wanted if await _delete(with_client_effects(ctx, tasks), task)]
        return msgspec.json.encode({"deleted_tasks": deleted}).decode()

    return delete_tasks


async def _resolve(tasks: TaskService, user_id: str, references: Sequence[str], status: str | None) -> Sequence[Task]:
    if not references and status is None:
        raise InvalidInputError("Say which tasks are meant, by their titles or ids, or by their status.")
    found: Sequence[Task] = [await tasks.find(user_id, reference) for reference in references[: MAX_TASKS + 1]]
    if not references:
        found = await tasks.list(user_id, status=_status(status), limit=MAX_TASKS)
    wanted = {task.id: task for task in found}
    if not wanted:
        raise NotFoundError("There are no such tasks.")
    if len(wanted) > MAX_TASKS:
        raise InvalidInputError(f"At most {MAX_TASKS} tasks can be deleted at once.")
    return list(wanted.values())


def _status(name: str | None) -> Status | None:
    return None if name in (None, "all") else Status(name)


def _confirmation(tasks: Sequence[Task]) -> StructuredInputMultipleChoice:
    return StructuredInputMultipleChoice(
        # The ids make the question a different one if the set of tasks changes before the answer.
        id=",".join(task.id for task in tasks),
        question=_question(tasks),
        options=[StructuredInputMultipleChoiceOption(value=_(YES)), StructuredInputMultipleChoiceOption(value=_(NO))],
    )


def _question(tasks: Sequence[Task]) -> str:
    listed = ", ".join(f"“{task.title}”" for task in tasks[:_TITLES_SHOWN])
    if len(tasks) == 1:
        return _("Delete {task} for good?", task=listed)
    hidden = len(tasks) - _TITLES_SHOWN
    more = f", … ({plural('{count} more', '{count} more', hidden)})" if hidden > 0 else ""
    question = _("Delete {count} tasks for good?", count=len(tasks))
    return f"{question} {listed}{more}"


async def _delete(tasks: TaskService, task: Task) -> bool:
    try:
        await tasks.delete(task.user_id, task.id)
    except NotFoundError:
        return False  # Another request has deleted the task already.
    return True
