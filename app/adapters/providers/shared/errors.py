"""Error mapping: exceptions of an upstream or its SDK become a `ModelError` with a kind and an actor."""

import datetime as dt
import email.utils
import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import Any, Final

import httpx2
import msgspec
import openai
from agents.exceptions import UserError

from app.adapters.providers.shared.endpoint import NotConnectedError, UpstreamStatusError
from app.adapters.providers.shared.event_stream import MAX_EVENT_BYTES, EventTooLongError, NotAStreamError
from app.domain.language import _, deferred
from app.domain.redaction import is_error_name
from app.ports.model_provider import FailureKind, ModelError


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Failed upstream, with the variables that its operator would change."""

    provider: str
    model: str
    key_variable: str
    model_variable: str
    url_variable: str


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Facts of a failure. `message` is the upstream's text; it is only matched, never shown or logged."""

    status: int | None = None
    names: tuple[str, ...] = ()
    message: str = ""
    request_id: str = ""
    retry_after: float | None = None


_SENTENCES: Final[dict[FailureKind, str]] = {
    "bad_key": deferred("The language model refused this server's key. The operator has to replace it."),
    "no_quota": deferred(
        "This server's quota at the language model is used up. The operator has to raise it or wait for it."
    ),
    "rate_limited": deferred("The language model gets too many requests right now. Please try again {later}."),
    "overloaded": deferred("The language model is overloaded or out of order. Please try again {later}."),
    "model_not_found": deferred(
        "The configured language model does not exist. The operator has to choose another one."
    ),
    "context_too_long": deferred("This conversation is too long for the language model. Please start a new one."),
    "content_filtered": deferred("The language model's safety filter stopped this answer. Please ask in another way."),
    "truncated": deferred("The answer was cut off at the language model's length limit. Please ask for less at once."),
    "empty": deferred("The language model returned an empty answer. Please try again."),
    "interrupted": deferred(
        "The connection to the language model broke before the answer was complete. Please try again."
    ),
    "timeout": deferred("The language model took too long to answer. Please try again."),
    "network": deferred("The language model cannot be reached. If this lasts, the operator has to check the network."),
    "rejected": deferred("The language model did not accept the request. The operator finds the reason in the log."),
    "protocol": deferred("The language model's answer could not be understood. Please try again."),
}


def failed(kind: FailureKind, origin: Origin, description: str, *, facts: Facts | None = None) -> ModelError:
    """Build an error of a known kind; `description` is for the operator, never text of the upstream."""
    facts = facts or Facts()
    wait = facts.retry_after or 0
    later = _("in {seconds} seconds", seconds=round(wait)) if wait >= 1 else _("in a moment")
    return ModelError(
        _(_SENTENCES[kind], later=later),
        kind=kind,
        detail=_detail(kind, origin, description, facts),
        status=facts.status,
        retry_after=facts.retry_after,
    )


def model_error(error: BaseException, origin: Origin) -> ModelError:
    """Map any exception. Its text is dropped: it may quote the prompt, the key or a page of HTML."""
    description = f"{type(error).__name__} {_raised_at(error)}"
    match error:
        case ModelError():
            return error
        case NotAStreamError(body=None):
            return failed("protocol", origin, f"the answer is {error.content_type} and no event stream")
        case NotAStreamError():
            return upstream_error(error.body, origin)
        case EventTooLongError():
            return failed("protocol", origin, f"one event of the answer is longer than {MAX_EVENT_BYTES >> 20} MB")
        case UpstreamStatusError():
            return status_error(error.status, error.body, error.headers, origin)
        case NotConnectedError() | httpx2.TransportError():
            return _transport_failure(error, origin)
        case openai.APIError():
            return _package_error(error, origin)
        case UnicodeEncodeError(encoding="ascii"):
            return failed("bad_key", origin, "the key cannot be sent: it holds characters that are not ASCII")
        case UserError() | TypeError() | UnicodeEncodeError():
            return failed("rejected", origin, f"the request cannot be put into this upstream's form ({description})")
    return failed("protocol", origin, description)


def _package_error(error: openai.APIError, origin: Origin) -> ModelError:
    match error:
        case openai.APIConnectionError(__cause__=(ModelError() | NotAStreamError()) as cause):
            return model_error(cause, origin)  # A hook of the client raised it, and the package wrapped it.
        case openai.APIStatusError():
            return status_error(error.status_code, error.body, error.response.headers, origin)
        case openai.APIConnectionError():
            return _transport_failure(error, origin)
    return upstream_error(error.body, origin)


def _raised_at(error: BaseException) -> str:
    """Function and line that raised: a safe description of an error in our own code."""
    frames = traceback.extract_tb(error.__traceback__, limit=-1)
    return f"in {frames[0].name}, {PurePath(frames[0].filename).name} line {frames[0].lineno}" if frames else ""


def status_error(status: int, body: object, headers: Mapping[str, str], origin: Origin) -> ModelError:
    """Map a response with an error status; `body` is decoded JSON, or text when it was not JSON."""
    facts = facts_of(body, status=status, headers=headers)
    return failed(_kind(facts), origin, "the upstream refused the request", facts=facts)


def upstream_error(body: object, origin: Origin) -> ModelError:
    """Map an error object within a stream, or in a response with status 200."""
    facts = facts_of(body)
    return failed(_kind(facts), origin, "the upstream reported an error within its answer", facts=facts)


def facts_of(body: object, *, status: int | None = None, headers: Mapping[str, str] | None = None) -> Facts:
    """Parse an error body: bare, under `error`, in a list, or with Google's details."""
    headers = headers or {}
    error = _error_fields(body)
    details = [detail for detail in _list(error.get("details")) if isinstance(detail, dict)]
    message = str(error.get("message") or "")
    code = error.get("code")
    if status is None and str(code).isdecimal():
        status = int(str(code))
    return Facts(
        status=status,
        names=tuple(filter(is_error_name, _names(error, details))),
        message=message,
        request_id=headers.get("x-request-id", ""),
        retry_after=_retry_after(headers, details, message),
    )


def _error_fields(body: object) -> dict[str, Any]:
    while True:
        if isinstance(body, list) and body:
            body = body[0]
        elif isinstance(body, dict) and isinstance(body.get("error"), dict | str):
            body = body["error"]
        else:
            return body if isinstance(body, dict) else {"message": body if isinstance(body, str) else ""}


def _names(error: Mapping[str, Any], details: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for key in ("status", "code", "type"):
        yield str(error.get(key) or "")
    for detail in details:
        yield str(detail.get("reason") or "")
        for violation in _list(detail.get("violations")):
            if isinstance(violation, dict):
                yield str(violation.get("quotaId") or "")


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _has_name(*names: str) -> Callable[[Facts], bool]:
    wanted = frozenset(names)
    return lambda facts: not wanted.isdisjoint(facts.names)


def _mentions(pattern: str) -> Callable[[Facts], bool]:
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda facts: bool(compiled.search(facts.message))


def _has_status(*statuses: int) -> Callable[[Facts], bool]:
    return lambda facts: facts.status in statuses


# The first rule that applies decides. Google answers a wrong key with a 400, so names and words come before statuses.
_RULES: Final[tuple[tuple[FailureKind, Callable[[Facts], bool]], ...]] = (
    ("bad_key", _has_name("API_KEY_INVALID", "invalid_api_key", "UNAUTHENTICATED", "authentication_error")),
    (
        "bad_key",
        _mentions(r"api key not valid|invalid authorization header|multiple authentication credentials"),
    ),
    ("no_quota", _has_name("insufficient_quota", "billing_hard_limit_reached")),
    ("no_quota", lambda facts: any("PerDay" in name for name in facts.names)),
    ("no_quota", _has_status(402)),
    ("context_too_long", _has_name("context_length_exceeded", "string_above_max_length")),
    (
        "context_too_long",
        _mentions(r"exceeds the maximum number of tokens|maximum context length|context window"),
    ),
    ("context_too_long", _has_status(413)),
    ("content_filtered", _has_name("content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation")),
    ("model_not_found", _has_name("model_not_found", "NOT_FOUND", "not_found_error")),
    ("rejected", _has_name("unsupported_country_region_territory")),
    ("rate_limited", _has_name("rate_limit_exceeded", "RESOURCE_EXHAUSTED", "rate_limit_error")),
    ("overloaded", _has_name("server_error", "server_is_overloaded", "slow_down", "overloaded_error")),
    ("overloaded", _has_name("UNAVAILABLE", "INTERNAL", "DEADLINE_EXCEEDED")),
    ("bad_key", _has_status(401, 403)),
    ("model_not_found", _has_status(404)),
    ("rate_limited", _has_status(429)),
    ("rejected", _has_name("INVALID_ARGUMENT", "FAILED_PRECONDITION", "invalid_request_error")),
    ("rejected", lambda facts: any(name.startswith(("invalid_", "unsupported_")) for name in facts.names)),
    ("overloaded", lambda facts: facts.status is None or facts.status >= 500),
)


def _kind(facts: Facts) -> FailureKind:
    return next((kind for kind, applies in _RULES if applies(facts)), "rejected")


def _transport_failure(error: Exception, origin: Origin) -> ModelError:
    wrapped = isinstance(error, NotConnectedError | openai.APIConnectionError)
    cause = error.__cause__ if wrapped and error.__cause__ else error
    name = type(cause).__name__
    if isinstance(cause, httpx2.LocalProtocolError):
        return failed("bad_key", origin, f"{name}: the key cannot be sent in a header; it holds stray characters")
    if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.UnsupportedProtocol):
        return failed("network", origin, f"{name} while connecting")
    if isinstance(cause, httpx2.TimeoutException | openai.APITimeoutError):
        return failed("timeout", origin, name)
    if cause is not error:
        return failed("network", origin, f"{name} before an answer began")
    return failed("interrupted", origin, f"{name} within the answer")


def _detail(kind: FailureKind, origin: Origin, description: str, facts: Facts) -> str:
    parts = [f"{origin.provider}/{origin.model}: {kind}: {description}"]
    if facts.status is not None:
        parts.append(f"HTTP {facts.status}")
    parts += facts.names
    if re.fullmatch(r"[\w.:-]{1,80}", facts.request_id, re.ASCII):
        parts.append(f"request {facts.request_id}")
    if hint := _hint(kind, origin, facts.status):
        parts.append(hint)
    return ", ".join(dict.fromkeys(parts))


def _hint(kind: FailureKind, origin: Origin, status: int | None) -> str:
    if kind == "bad_key":
        return f"check {origin.key_variable}"
    if kind == "model_not_found":
        return f"check {origin.model_variable} and {origin.url_variable}"
    if kind in {"network", "protocol"} or (status is not None and 300 <= status < 400):
        return f"check {origin.url_variable}"
    return ""


def _retry_after(headers: Mapping[str, str], details: Iterable[Mapping[str, Any]], message: str) -> float | None:
    """Seconds to wait: OpenAI sends headers, Google a `RetryInfo` detail or only a sentence."""
    candidates = (
        _seconds(headers.get("retry-after-ms", ""), scale=0.001),
        _seconds(headers.get("retry-after", "")),
        _until(headers.get("retry-after", "")),
        *(_seconds(str(detail.get("retryDelay", "")).removesuffix("s")) for detail in details),
        _seconds("".join(re.findall(r"retry in ([0-9.]+)s", message)[:1])),
    )
    return next((seconds for seconds in candidates if seconds is not None), None)


def _seconds(text: str, *, scale: float = 1.0) -> float | None:
    return float(text) * scale if re.fullmatch(r"[0-9]{1,9}(\.[0-9]*)?", text.strip()) else None


def _until(text: str) -> float | None:
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    now = dt.datetime.now(dt.UTC)
    return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp() - now.timestamp())
