"""Run failures: the error for the user, and the reason on the items, when a run fails."""

from collections.abc import Mapping
from typing import Final

from agents.exceptions import AgentsException, MaxTurnsExceeded

from app.chatkit_json.item_fields import IncompleteReason
from app.domain.errors import AnyportError
from app.domain.language import _
from app.ports.model_provider import FailureKind, ModelError

_REASONS: Final[Mapping[FailureKind, IncompleteReason]] = {
    "content_filtered": "content_filter",
    "truncated": "max_output_tokens",
}


def incomplete_reason(error: Exception) -> IncompleteReason:
    """Return why the run's items are incomplete."""
    if isinstance(error, MaxTurnsExceeded):
        return "max_steps"
    return _REASONS.get(error.kind, "failed") if isinstance(error, ModelError) else "failed"


def error_for_user(error: AgentsException) -> AnyportError:
    """Return the error for the user when the SDK's loop fails; failures of a model are `ModelError`s already."""
    if isinstance(error, MaxTurnsExceeded):
        return ModelError(
            _("I stopped here: this took more steps than I am allowed in one go. Say “go on” to continue."),
            kind="truncated",
            detail=str(error),
        )
    return ModelError(
        _("The model's answer could not be used. Please try again."),
        kind="protocol",
        detail=f"{type(error).__name__}: {error}",
    )
