"""Tool crashes: each exception of a tool is logged once, with the tool's name, whatever its author did with it."""

from contextlib import suppress
from typing import Any, Final

import structlog
from agents import ModelBehaviorError

from app.adapters.agents_sdk.questions.pending_questions import WaitingForAnswerError
from app.domain.errors import AnyportError

log = structlog.get_logger(__name__)

_REPORTED: Final = "anyport_reported"
_INVALID_ARGUMENTS: Final = "Invalid JSON input for tool"
"""Start of the SDK's text for arguments that do not fit the schema: the model's mistake, not the tool's."""


def report_failure(tool: str, error: Exception) -> bool:
    """Log a tool's exception, with its traceback unless we raised it ourselves; return True if the tool failed.

    A question to the user, and a refusal that the model can act on, are no failures. Logs each exception once.
    """
    if isinstance(error, WaitingForAnswerError) or _is_refusal(error):
        return False
    if not was_reported(error):
        with suppress(AttributeError):
            setattr(error, _REPORTED, True)
        if isinstance(error, AnyportError):
            log.warning("tool failed", tool=tool, code=error.code, actor=error.actor, detail=error.detail)
        else:
            log.error("tool crashed", tool=tool, exc_info=error)
    return True


def was_reported(error: BaseException | None) -> bool:
    """True if the exception, or one that caused it, is in the log already."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if getattr(error, _REPORTED, False):
            return True
        error = error.__cause__ or error.__context__
    return False


def _is_refusal(error: Exception) -> bool:
    if isinstance(error, AnyportError):
        return error.actor in {"user", "model"}
    return isinstance(error, ModelBehaviorError) and str(error).startswith(_INVALID_ARGUMENTS)


def name_of(call: Any) -> str:
    """Return the name of the tool that was called."""
    return str(getattr(call, "tool_name", ""))
