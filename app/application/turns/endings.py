"""Incomplete answers: how their end is marked for users, in the thread and for the model."""

from collections.abc import Mapping
from typing import Final

from chatkit.types import AssistantMessageItem, CustomTask

from app.chatkit_json.item_fields import IncompleteDetails, IncompleteMessage, IncompleteNote, IncompleteReason
from app.domain.clock import clock
from app.domain.language import _, deferred

_TITLES: Final[Mapping[IncompleteReason, str]] = {
    "stopped": deferred("This answer was stopped."),
    "disconnected": deferred("This answer ended here: it was stopped, or nobody was reading it any more."),
    "interrupted": deferred("This answer ended here: the server stopped in the middle of it."),
    "max_output_tokens": deferred("This answer ended here: it reached the model's length limit."),
    "max_steps": deferred("This answer ended here: it took as many steps as are allowed in one go."),
    "content_filter": deferred("This answer ended here: the model's content filter cut it off."),
    "failed": deferred("This answer ended here: the model broke off in the middle of it."),
}

_CAUSES: Final[Mapping[IncompleteReason, str]] = {
    "stopped": "the user stopped it",
    "disconnected": "the user stopped it or went away",
    "interrupted": "the server stopped",
    "max_output_tokens": "it reached the length limit",
    "max_steps": "it took as many steps as are allowed in one go",
    "content_filter": "a content filter cut it off",
    "failed": "the connection broke",
}


def incomplete(message: AssistantMessageItem, reason: IncompleteReason) -> IncompleteMessage:
    """Return the message, marked as incomplete for `reason`."""
    return IncompleteMessage(
        id=message.id,
        thread_id=message.thread_id,
        created_at=message.created_at,
        content=message.content,
        incomplete_details=IncompleteDetails(reason=reason),
    )


def note(thread_id: str, item_id: str, reason: IncompleteReason) -> IncompleteNote:
    """Return the item that ends an incomplete answer, in the language of the request."""
    return IncompleteNote(
        id=item_id,
        thread_id=thread_id,
        created_at=clock.now(),
        task=CustomTask(title=_(_TITLES[reason]), icon="info"),
        incomplete_details=IncompleteDetails(reason=reason),
    )


def note_id(turn_id: str) -> str:
    """Return the id of a turn's note; every process derives the same, so the note is stored once."""
    return f"tsk_{turn_id.removeprefix('turn_')}"


def note_for_model(shown: IncompleteNote) -> str:
    """Return the text that the model receives in place of the note."""
    cause = _CAUSES[shown.incomplete_details.reason]
    return (
        f"The answer above is incomplete: {cause}. The user sees that. "
        "Asked to go on, continue exactly where it ended, and repeat nothing of it."
    )
