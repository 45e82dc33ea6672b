"""Errors of a ChatKit request, as the protocol has them."""

from chatkit.types import ErrorEvent
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app.domain.errors import AnyportError, MalformedError
from app.domain.language import _, deferred

GENERIC = deferred("Something went wrong on the server. Please try again.")
_SHOWN = 5
_MOST = 100
"""Errors that are described at most: pydantic describes all or none, at some 30 µs each."""


def stream_failure(failure: Exception) -> bytes:
    """The `error` event at the end of a failed stream."""
    if isinstance(failure, AnyportError):
        event = ErrorEvent(message=failure.message, allow_retry=failure.retry)
    else:
        event = ErrorEvent(message=_(GENERIC), allow_retry=True)
    return b"data: " + event.model_dump_json(exclude_none=True).encode() + b"\n\n"


def malformed(error: ValidationError) -> MalformedError:
    """The error for a body that is no valid request."""
    return MalformedError(_("This is not a valid ChatKit request."), problems=_problems(error))


def _problems(error: ValidationError) -> list[str]:
    if error.error_count() > _MOST:
        return [f"It is wrong in {error.error_count()} places."]
    problems = error.errors(include_url=False, include_input=False)
    lines = [_line(problem) for problem in problems[:_SHOWN]]
    if len(problems) > _SHOWN:
        lines.append(f"and {len(problems) - _SHOWN} more")
    return lines


def _line(problem: ErrorDetails) -> str:
    where = ".".join(map(str, problem["loc"])) or "body"
    if problem["type"] == "union_tag_invalid":
        return f"{where}: unknown `type`, expected one of {problem['ctx']['expected_tags']}"
    return f"{where}: {problem['msg']}"
