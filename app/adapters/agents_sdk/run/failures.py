"""Run failures: the error for the user, and the reason on the items, when a run fails."""

from collections.abc import Mapping
from typing import Final

import structlog
from agents.exceptions import MaxTurnsExceeded
from chatkit.errors import BaseStreamError
from chatkit.store import NotFoundError

from app.adapters.agents_sdk.run.crashes import crash, is_in_loop, is_own_failure
from app.chatkit_json.item_fields import IncompleteReason
from app.domain.errors import AnyportError
from app.domain.language import _
from app.ports.model_provider import FailureKind, ModelError

log = structlog.get_logger(__name__)

_REASONS: Final[Mapping[FailureKind, IncompleteReason]] = {
    "content_filtered": "content_filter",
    "truncated": "max_output_tokens",
}


def incomplete_reason(error: Exception) -> IncompleteReason:
    """Return why the run's items are incomplete."""
    if isinstance(error, MaxTurnsExceeded):
        return "max_steps"
    return _REASONS.get(error.kind, "failed") if isinstance(error, ModelError) else "failed"


def error_for_user(error: Exception, agent: str) -> Exception:
    """Return the error for the user when a run of `agent` fails; errors of ours and of ChatKit are meant for users."""
    if isinstance(error, AnyportError | BaseStreamError | NotFoundError) or not is_in_loop(error):
        return error
    if isinstance(error, MaxTurnsExceeded):
        return ModelError(
            _("I stopped here: this took more steps than I am allowed in one go. Say “go on” to continue."),
            kind="truncated",
            detail=str(error),
        )
    if (ours := _own_cause(error)) is not None:
        return ours
    if is_own_failure(error):
        return crash(error)
    log.error("model misbehaved", agent=agent, exc_info=error)
    return ModelError(
        _("The model's answer could not be used. Please try again."),
        kind="protocol",
        detail=f"{type(error).__name__}: {error}",
    )


def _own_cause(error: BaseException) -> AnyportError | None:
    """The error of ours that the SDK wrapped, if there is one: it names who must act."""
    cause = error.__cause__
    while cause is not None and not isinstance(cause, AnyportError):
        cause = cause.__cause__
    return cause
