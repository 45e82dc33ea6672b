"""What a model is told when a tool fails."""

from typing import Any

import structlog
from agents import ModelBehaviorError, RunContextWrapper

from app.adapters.agents_sdk.argument_size import OMITTED, TOO_LARGE
from app.adapters.agents_sdk.pending_questions import WaitingForAnswerError
from app.domain.errors import AnyportError

NOT_DONE = "This was not done"
"""How every failure begins; no result of a tool of ours does."""

log = structlog.get_logger(__name__)


def failure_for_model(call: RunContextWrapper[Any], error: Exception) -> str:
    """One of our own errors in its own words, so that the model can mend its call or ask the user; any other is logged
    whole and told without its text, which may hold anything."""
    if isinstance(error, WaitingForAnswerError):
        return ""  # The run ends here; the call gets its result when it is made again.
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
