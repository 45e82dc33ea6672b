"""Task references: finds the task that a model names, and asks the user if several match."""

from collections.abc import Sequence
from typing import cast

from agents import RunContextWrapper
from agents.tool_context import ToolContext
from chatkit.types import StructuredInputMultipleChoice, StructuredInputMultipleChoiceOption

from app.adapters.agents_sdk.tool_context import TurnContext, turn_context
from app.application.conversation.languages import day
from app.application.tasks.service import AmbiguousTaskError, TaskService
from app.application.tasks.widgets.components import PRIORITIES
from app.domain.errors import InvalidInputError
from app.domain.language import _
from app.domain.task import Status, Task

MAX_CANDIDATES = 10
"""Limit of tasks in the question."""


async def resolve_task(ctx: RunContextWrapper[TurnContext], tasks: TaskService, reference: str) -> str:
    """Return the id of the task that `reference` names; several matches become a question to the user.

    Raises as `TaskService.find` does, and as `Stage.ask` does to interrupt the tool.
    """
    user_id, stage = turn_context(ctx).request.user_id, turn_context(ctx).stage
    call_id = cast(ToolContext[TurnContext], ctx).tool_call_id
    try:
        found = [await tasks.find(user_id, reference)]
    except AmbiguousTaskError as error:
        if not stage.interactive:
            raise
        found = list(error.candidates[:MAX_CANDIDATES])
    if len(found) == 1 and not stage.was_asked(call_id):
        return found[0].id
    candidates = {label: task.id for label, task in _labelled(found)}
    question = StructuredInputMultipleChoice(
        # The ids make the question a different one if the tasks change before the answer.
        id=",".join(candidates.values()),
        question=_("Which task do you mean by “{task}”?", task=reference),
        options=[StructuredInputMultipleChoiceOption(value=label) for label in candidates],
    )
    [values] = stage.ask(call_id, [question])
    if not values:
        raise InvalidInputError("The user did not say which task is meant.")
    return candidates.get(values[0]) or (await tasks.find(user_id, values[0])).id


def _labelled(tasks: Sequence[Task]) -> Sequence[tuple[str, Task]]:
    """Give each task a label that differs from the others, with a number if title and facts are equal."""
    labels = [_label(task) for task in tasks]
    numbered = [f"{label} #{labels[: index + 1].count(label)}" for index, label in enumerate(labels)]
    unique = [label if labels.count(label) == 1 else number for label, number in zip(labels, numbered, strict=True)]
    return list(zip(unique, tasks, strict=True))


def _label(task: Task) -> str:
    facts = [_("done") if task.status is Status.COMPLETED else _("open"), _(PRIORITIES[task.priority])]
    if task.due:
        facts.append(_("due {day}", day=day(task.due)))
    return f"{task.title} ({', '.join(facts)})"
