"""Errors: each names who must act.

`message` is shown to the user and contains no secret, path or upstream's text. `detail` is logged for the operator.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

Actor = Literal["user", "operator", "model", "upstream"]


class AnyportError(Exception):
    """Base of all our errors: who must act, a stable code, and whether a retry can help."""

    actor: Actor = "operator"
    code: str = "error"
    retry: bool = False
    data: Mapping[str, object] = {}
    """Data for programs, part of the problem document."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail


class InvalidInputError(AnyportError):
    """The caller's input is invalid; changed input may succeed."""

    actor = "user"
    code = "invalid"


class MalformedError(InvalidInputError):
    """The caller's input has a wrong form.

    `problems` name the wrong fields for the developer, in English, without the values sent: they may be private.
    """

    def __init__(self, message: str, *, problems: Sequence[str]) -> None:
        super().__init__(message)
        self.problems = problems


class TooLargeError(InvalidInputError):
    """The input has more bytes than the limit."""

    code = "too_large"


class UnauthenticatedError(AnyportError):
    """The request has no valid login; the user must log in again."""

    actor = "user"
    code = "unauthenticated"


class ForbiddenOriginError(AnyportError):
    """A page of a foreign origin sent a request with the user's credentials."""

    actor = "operator"
    code = "forbidden_origin"


class LoginUnavailableError(AnyportError):
    """The keys that check logins are unavailable; they are fetched again after `retry_after` seconds."""

    actor = "upstream"
    code = "login_unavailable"
    retry = True

    def __init__(self, message: str, *, retry_after: int, detail: str = "") -> None:
        super().__init__(message, detail=detail)
        self.retry_after = retry_after


class NotFoundError(AnyportError):
    """The object does not exist for this user; another user's object gives the same error."""

    actor = "user"
    code = "not_found"


class ConflictError(AnyportError):
    """The object was changed meanwhile; read it again and repeat."""

    actor = "user"
    code = "conflict"
    retry = True


class StaleVersionError(ConflictError):
    """The object's version is newer than the one that the caller read."""

    code = "stale_version"


class AlreadyDecidedError(ConflictError):
    """A question has an answer already, or is not there any more; the first answer counts."""

    code = "already_decided"
    retry = False


class RemovalNotConfirmedError(ConflictError):
    """A retry would delete later messages of the user; the caller must confirm them."""

    code = "removal_not_confirmed"
    retry = False

    def __init__(self, message: str, *, later_messages: int, newest_item_id: str) -> None:
        super().__init__(message)
        self.data = {"later_messages": later_messages, "newest_item_id": newest_item_id}


class BusyError(ConflictError):
    """Another operation on the object is running."""

    code = "busy"


class ClosingError(AnyportError):
    """The process is shutting down; after `retry_after` seconds a process accepts requests again."""

    code = "closing"
    retry = True

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class LimitError(AnyportError):
    """The user reached a limit; it allows more after `retry_after` seconds."""

    actor = "user"
    code = "rate_limited"
    retry = True

    def __init__(self, message: str, *, retry_after: int, code: str = "rate_limited") -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.code = code


class CapacityError(AnyportError):
    """The process reached its capacity; retry after `retry_after` seconds."""

    code = "at_capacity"
    retry = True

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotEnabledError(AnyportError):
    """The feature is part of the protocol and disabled on this server."""

    actor = "operator"
    code = "not_enabled"


class StoreUnavailableError(AnyportError):
    """The database is unreachable, or refused the work for a temporary reason."""

    actor = "operator"
    code = "store_unavailable"
    retry = True


class AssistantError(AnyportError):
    """The assistant that `ASSISTANT` names cannot work; `problems` are its mistakes, a sentence each.

    The author of the assistant, or the operator who set the variable that a sentence names, must correct them.
    """

    code = "assistant"

    def __init__(self, name: str, problems: Sequence[str]) -> None:
        lines = "".join(f"\n  {problem}" for problem in problems)
        super().__init__(f"ASSISTANT={name} cannot work. Correct the assistant, or the variable that is named:{lines}")
        self.problems = tuple(problems)


class SchemaError(AnyportError):
    """The database has another schema than this version of the code expects."""

    actor = "operator"
    code = "schema"
