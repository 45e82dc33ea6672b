"""Tool failures as texts for the model."""

from typing import TYPE_CHECKING, Any

from agents import ModelBehaviorError, RunContextWrapper

from app.adapters.agents_sdk.questions.pending_questions import WaitingForAnswerError
from app.adapters.agents_sdk.run.argument_size import OMITTED, TOO_LARGE
from app.adapters.agents_sdk.tools.crashes import name_of, report_failure
from app.domain.errors import AnyportError

if TYPE_CHECKING:  # A start would import the SDK's sessions with it.
    from agents.run_config import ToolErrorFormatterArgs

NOT_DONE = "This was not done"
"""Start of each failure's text; no successful result of a built-in tool starts with it."""

CRASHED = f"{NOT_DONE}: the tool failed. Tell the user that it did not work."
"""The text for the model after a crash: a second call would most likely crash too."""


def failure_for_model(call: RunContextWrapper[Any], error: Exception) -> str:
    """Return a failure's text for the model: an `AnyportError`'s message, so that the model can correct its call.

    Any other exception is logged, and its text, which may hold a secret, is withheld from the model.
    """
    if isinstance(error, WaitingForAnswerError):
        return ""  # The run ends here; the resumed call returns the result.
    if getattr(call, "tool_arguments", "") == OMITTED:
        return f"{NOT_DONE}. {TOO_LARGE}"
    report_failure(name_of(call), error)
    if isinstance(error, AnyportError):
        return f"{NOT_DONE}. {error.message}"
    if isinstance(error, ModelBehaviorError):
        return f"{NOT_DONE}. The arguments do not fit the tool's schema: read it again and repeat the call."
    return CRASHED


def tool_error(failure: "ToolErrorFormatterArgs[Any]") -> str | None:
    """Return the text for the model of a tool without a failure handler of its own; None leaves it to the SDK."""
    if failure.kind != "tool_exception" or failure.error is None:
        return None
    return failure_for_model(failure.run_context, failure.error)
