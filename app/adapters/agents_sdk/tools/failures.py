"""Tool failures as texts for the model."""

from typing import Any

import structlog
from agents import ModelBehaviorError, RunContextWrapper

from app.adapters.agents_sdk.argument_size import OMITTED, TOO_LARGE
from app.adapters.agents_sdk.pending_questions import WaitingForAnswerError
from app.domain.errors import AnyportError

NOT_DONE = "This was not done"
"""Start of each failure's text; no successful result of a built-in tool starts with it."""

log = structlog.get_logger(__name__)


def failure_for_model(call: RunContextWrapper[Any], error: Exception) -> str:
    """Return a failure's text for the model: an `AnyportError`'s message, so that the model can correct its call.

    Any other exception is logged, and its text, which may hold a secret, is withheld from the model.
    """
    if isinstance(error, WaitingForAnswerError):
        return ""  # The run ends here; the resumed call returns the result.
    if getattr(call, "tool_arguments", "") == OMITTED:
        return f"{NOT_DONE}. {TOO_LARGE}"
    if isinstance(error, AnyportError):
        if error.actor == "operator":
            log.warning("tool failed", code=error.code, detail=error.detail)
        return f"{NOT_DONE}. {error.message}"
    if isinstance(error, ModelBehaviorError):
        return f"{NOT_DONE}. The arguments do not fit the tool's schema: read it again and repeat the call."
    log.error("tool crashed", exc_info=error)
    return f"{NOT_DONE}: the tool failed. Tell the user that it did not work."
