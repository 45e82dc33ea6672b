"""Run failures: the error for the user, and the reason on the items, when a run fails."""

from collections.abc import Mapping
from typing import Final

import structlog
from agents.exceptions import AgentsException, MaxTurnsExceeded, ModelBehaviorError

from app.adapters.agents_sdk.tools.crashes import was_reported
from app.chatkit_json.item_fields import IncompleteReason
from app.domain.errors import AnyportError
from app.domain.language import _
from app.ports.model_provider import FailureKind, ModelError

log = structlog.get_logger(__name__)


class AgentFailedError(AnyportError):
    """A tool or another part of the assistant's own code failed, and its author lets that end the answer.

    The operator finds the traceback in the log.
    """

    code = "agent_failed"

    def __init__(self, error: Exception) -> None:
        super().__init__(
            _("A step failed, and the answer ends here. Please try again, or tell the operator."),
            detail=f"{type(error).__name__}; the traceback is in the log",
        )


_REASONS: Final[Mapping[FailureKind, IncompleteReason]] = {
    "content_filtered": "content_filter",
    "truncated": "max_output_tokens",
}


def incomplete_reason(error: Exception) -> IncompleteReason:
    """Return why the run's items are incomplete."""
    if isinstance(error, MaxTurnsExceeded):
        return "max_steps"
    return _REASONS.get(error.kind, "failed") if isinstance(error, ModelError) else "failed"


def error_for_user(error: Exception) -> Exception:
    """Return the error for the user when the SDK's loop fails; any other exception is returned as it is."""
    if not isinstance(error, AgentsException):
        return error
    if isinstance(error, MaxTurnsExceeded):
        return ModelError(
            _("I stopped here: this took more steps than I am allowed in one go. Say “go on” to continue."),
            kind="truncated",
            detail=str(error),
        )
    if isinstance(error, ModelBehaviorError):
        return ModelError(
            _("The model's answer could not be used. Please try again."),
            kind="protocol",
            detail=f"{type(error).__name__}: {error}",
        )
    if (ours := _own_cause(error)) is not None:
        return ours
    if not was_reported(error):
        log.error("agent failed", exc_info=error)
    return AgentFailedError(error)


def _own_cause(error: BaseException) -> AnyportError | None:
    """The error of ours that the SDK wrapped, if there is one: it names who must act."""
    cause = error.__cause__
    while cause is not None and not isinstance(cause, AnyportError):
        cause = cause.__cause__
    return cause
