"""Failures of a ChatKit request, in the protocol's own form."""

from chatkit.types import ErrorEvent
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app.domain.errors import AnyportError
from app.domain.language import _, deferred

GENERIC = deferred("Something went wrong on the server. Please try again.")
_SHOWN = 5
_MOST = 100
"""pydantic describes all that is wrong or nothing of it: a wrong tag takes it 30 microseconds."""


def stream_failure(failure: Exception) -> bytes:
    """The `error` event that ends a stream which broke off."""
    if isinstance(failure, AnyportError):
        event = ErrorEvent(message=failure.message, allow_retry=failure.retry)
    else:
        event = ErrorEvent(message=_(GENERIC), allow_retry=True)
    return b"data: " + event.model_dump_json(exclude_none=True).encode() + b"\n\n"


def validation_message(error: ValidationError) -> str:
    """Which fields are wrong and how, without a word of what was sent: it may be private."""
    if error.error_count() > _MOST:
        return f"This is not a valid ChatKit request. It is wrong in {error.error_count()} places."
    problems = error.errors(include_url=False, include_input=False)
    lines = [_line(problem) for problem in problems[:_SHOWN]]
    if len(problems) > _SHOWN:
        lines.append(f"and {len(problems) - _SHOWN} more")
    return "This is not a valid ChatKit request. " + "; ".join(lines)


def _line(problem: ErrorDetails) -> str:
    where = ".".join(map(str, problem["loc"])) or "body"
    if problem["type"] == "union_tag_invalid":
        return f"{where}: unknown `type`, expected one of {problem['ctx']['expected_tags']}"
    return f"{where}: {problem['msg']}"
