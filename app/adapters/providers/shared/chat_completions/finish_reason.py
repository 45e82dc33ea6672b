"""Finish reason: decides whether a finished stream is a valid response."""

from typing import Final

from app.adapters.providers.shared.chat_completions.response import ResponseBuilder
from app.adapters.providers.shared.errors import Origin, failed
from app.ports.model_provider import FailureKind, ModelError

# Gemini appends the cause: `content_filter: PROHIBITED_CONTENT`. Other servers send Gemini's native names.
_REASONS: Final[dict[str, FailureKind]] = {
    "content_filter": "content_filtered",
    "safety": "content_filtered",
    "recitation": "content_filtered",
    "prohibited_content": "content_filtered",
    "function_call_filter": "empty",
    "malformed_function_call": "empty",
    "error": "interrupted",
}
_LENGTH: Final = frozenset(
    {"length", "max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded"}
)


def response_error(answer: ResponseBuilder, origin: Origin) -> ModelError | None:
    """Error of an invalid response; None for a valid one, including text truncated at the length limit."""
    reason = _reason(answer)
    kind = _wrong(answer, reason)
    if kind is None:
        return None
    return failed(kind, origin, f"finish reason {reason or 'missing'}" if reason.isidentifier() or not reason else "")


def is_truncated(answer: ResponseBuilder) -> bool:
    """True for a response truncated at the length limit."""
    return _reason(answer) in _LENGTH


def _reason(answer: ResponseBuilder) -> str:
    return answer.finish_reason.partition(":")[0].strip().lower()


def _wrong(answer: ResponseBuilder, reason: str) -> FailureKind | None:
    said = bool(answer.message or answer.calls or answer.images)
    if answer.message.refused:
        return "content_filtered"
    if reason in _REASONS:
        return _REASONS[reason]
    if not reason:
        return "interrupted" if said else "empty"
    if reason in _LENGTH and not (said and answer.calls.are_whole):
        return "truncated"
    if not said:
        return "empty"
    return None if answer.calls.are_named else "protocol"
