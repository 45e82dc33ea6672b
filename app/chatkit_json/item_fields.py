"""Fields that items of ours have beyond ChatKit's: clients that do not know them pass them over."""

import json
from typing import Any, Final, Literal

from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageItem,
    Task,
    TaskItem,
    ThreadItem,
    Workflow,
    WorkflowItem,
)
from pydantic import BaseModel, ValidationError

IncompleteReason = Literal[
    "stopped", "disconnected", "interrupted", "max_output_tokens", "max_steps", "content_filter", "failed"
]
"""Why an answer ended before it was complete. The words for users are in `app/application/turns/endings.py`."""


class IncompleteDetails(BaseModel):
    """Why an item is incomplete, as the Responses API says it of a response."""

    reason: IncompleteReason


class IncompleteMessage(AssistantMessageItem):
    """A message of the assistant that broke off."""

    # Fields whose types ChatKit names before they are defined are written again, for pydantic to find them.
    content: list[AssistantMessageContent]
    status: Literal["incomplete"] = "incomplete"
    incomplete_details: IncompleteDetails


class IncompleteNote(TaskItem):
    """The last item of an answer that broke off: says so in words, in every client that draws tasks."""

    task: Task
    status: Literal["incomplete"] = "incomplete"
    incomplete_details: IncompleteDetails


class ChangingWorkflow(WorkflowItem):
    """The steps of an answer, with the titles of those that changed something."""

    workflow: Workflow
    changes: list[str]


def with_changes(item: WorkflowItem, changes: list[str]) -> ChangingWorkflow:
    """The workflow with what it changed."""
    return ChangingWorkflow(
        id=item.id, thread_id=item.thread_id, created_at=item.created_at, workflow=item.workflow, changes=[*changes]
    )


EXTENDED: Final = (IncompleteMessage, IncompleteNote, ChangingWorkflow)
_BY_FIELD: Final[dict[tuple[str, str], Any]] = {
    ("assistant_message", "incomplete_details"): IncompleteMessage,
    ("task", "incomplete_details"): IncompleteNote,
    ("workflow", "changes"): ChangingWorkflow,
}
_MARKS: Final = tuple({f'"{field}":' for _, field in _BY_FIELD})


def is_extended(shown: object) -> bool:
    """True for an item with fields of ours, or an event that carries one: they are written with `serialize_as_any`."""
    return isinstance(vars(shown).get("item", shown), EXTENDED)


def extended_item(body: str) -> ThreadItem | None:
    """The item of a stored body that has fields of ours; None for every other one."""
    if not any(mark in body for mark in _MARKS):
        return None
    written = json.loads(body)
    for (kind, field), model in _BY_FIELD.items():
        if written.get("type") == kind and field in written:
            try:
                item: ThreadItem = model.model_validate(written)
            except ValidationError:  # A later version may write what this one does not know.
                return None
            return item
    return None
