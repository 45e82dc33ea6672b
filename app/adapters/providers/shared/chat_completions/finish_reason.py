"""Whether a stream that ended was an answer."""

from typing import Final

from app.adapters.providers.shared.chat_completions.response import Answer
from app.adapters.providers.shared.errors import Origin, failed
from app.ports.model_provider import FailureKind, ModelError

# Gemini adds the cause after a colon: `content_filter: PROHIBITED_CONTENT`. Others pass on its native names.
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


def verdict(answer: Answer, origin: Origin) -> ModelError | None:
    """None for an answer; otherwise what is wrong with it. Cut off by its length limit, words still count."""
    reason = _reason(answer)
    kind = _wrong(answer, reason)
    if kind is None:
        return None
    return failed(kind, origin, f"finish reason {reason or 'missing'}" if reason.isidentifier() or not reason else "")


def reached_its_limit(answer: Answer) -> bool:
    """True for an answer that the limit of its length cut off."""
    return _reason(answer) in _LENGTH


def _reason(answer: Answer) -> str:
    return answer.finish_reason.partition(":")[0].strip().lower()


def _wrong(answer: Answer, reason: str) -> FailureKind | None:
    said = bool(answer.message or answer.calls)
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
