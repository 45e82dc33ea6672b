"""Fields of our items beyond ChatKit's; other clients ignore them."""

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
"""Reasons why an answer is incomplete. The texts for users are in `app/application/turns/endings.py`."""


class IncompleteDetails(BaseModel):
    """The reason why an item is incomplete, in the form of the Responses API."""

    reason: IncompleteReason


class IncompleteMessage(AssistantMessageItem):
    """A message of the assistant that is incomplete."""

    # Declared again, because ChatKit's forward references do not resolve in a subclass of another module.
    content: list[AssistantMessageContent]
    status: Literal["incomplete"] = "incomplete"
    incomplete_details: IncompleteDetails


class IncompleteNote(TaskItem):
    """The last item of an incomplete answer: a text for every client that draws tasks."""

    task: Task
    status: Literal["incomplete"] = "incomplete"
    incomplete_details: IncompleteDetails


class ChangingWorkflow(WorkflowItem):
    """The workflow of an answer, with the titles of the steps that changed something."""

    workflow: Workflow
    changes: list[str]


def with_changes(item: WorkflowItem, changes: list[str]) -> ChangingWorkflow:
    """The workflow with the titles of its changes."""
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
    """True for an item with our fields, or an event with such an item: both need `serialize_as_any`."""
    return isinstance(vars(shown).get("item", shown), EXTENDED)


def extended_item(body: str) -> ThreadItem | None:
    """The item of a stored body with our fields; None for every other body."""
    if not any(mark in body for mark in _MARKS):
        return None
    written = json.loads(body)
    for (kind, field), model in _BY_FIELD.items():
        if written.get("type") == kind and field in written:
            try:
                item: ThreadItem = model.model_validate(written)
            except ValidationError:  # Written by a later version.
                return None
            return item
    return None
