"""What can go wrong, said so that the one who must act knows it.

`message` is shown to the user, so it never carries a secret, a path or an upstream's words; what only the
operator should see goes into `detail`, which is logged.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

Actor = Literal["user", "operator", "model", "upstream"]


class AnyportError(Exception):
    """Base of all our errors: says who must act, a stable code, and whether trying again can help."""

    actor: Actor = "operator"
    code: str = "error"
    retry: bool = False
    data: Mapping[str, object] = {}
    """What a program needs to act on it; part of the problem document."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail


class InvalidInputError(AnyportError):
    """The caller sent something that cannot be done; sending it again changed is the way on."""

    actor = "user"
    code = "invalid"


class MalformedError(InvalidInputError):
    """The caller sent something of another form. `problems` tell its developer, in English, which fields are wrong and
    how, without a word of what was sent: it may be private."""

    def __init__(self, message: str, *, problems: Sequence[str]) -> None:
        super().__init__(message)
        self.problems = problems


class TooLargeError(InvalidInputError):
    """More bytes than are taken."""

    code = "too_large"


class UnauthenticatedError(AnyportError):
    """Nobody is logged in, or their token is no good; a new login is the way on."""

    actor = "user"
    code = "unauthenticated"


class ForbiddenOriginError(AnyportError):
    """A page of another origin asked for something in the user's name."""

    actor = "operator"
    code = "forbidden_origin"


class LoginUnavailableError(AnyportError):
    """The keys that logins are checked with cannot be had just now; `retry_after` seconds later they are asked for."""

    actor = "upstream"
    code = "login_unavailable"
    retry = True

    def __init__(self, message: str, *, retry_after: int, detail: str = "") -> None:
        super().__init__(message, detail=detail)
        self.retry_after = retry_after


class NotFoundError(AnyportError):
    """The thing does not exist for this user; somebody else's looks exactly the same."""

    actor = "user"
    code = "not_found"


class ConflictError(AnyportError):
    """Somebody changed the thing in between; read it again and repeat."""

    actor = "user"
    code = "conflict"
    retry = True


class StaleVersionError(ConflictError):
    """What the caller wants to change is not the version any more that they looked at."""

    code = "stale_version"


class RemovalNotConfirmedError(ConflictError):
    """A retry would delete later messages of the user; the caller has to confirm which."""

    code = "removal_not_confirmed"
    retry = False

    def __init__(self, message: str, *, later_messages: int, newest_item_id: str) -> None:
        super().__init__(message)
        self.data = {"later_messages": later_messages, "newest_item_id": newest_item_id}


class BusyError(ConflictError):
    """Somebody, or something, is at it already."""

    code = "busy"


class ClosingError(AnyportError):
    """This process takes nothing new; `retry_after` seconds later another one, or this one again, does."""

    code = "closing"
    retry = True

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class LimitError(AnyportError):
    """The caller wants more than one caller may have; `retry_after` seconds later there is room again."""

    actor = "user"
    code = "rate_limited"
    retry = True

    def __init__(self, message: str, *, retry_after: int, code: str = "rate_limited") -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.code = code


class CapacityError(AnyportError):
    """The process carries as much as it can; `retry_after` seconds later there may be room."""

    code = "at_capacity"
    retry = True

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotEnabledError(AnyportError):
    """The request is part of the protocol, but this server has it switched off."""

    actor = "operator"
    code = "not_enabled"


class StoreUnavailableError(AnyportError):
    """The database cannot be reached or refused the work for a reason that may pass."""

    actor = "operator"
    code = "store_unavailable"
    retry = True


class SchemaError(AnyportError):
    """The database has another schema than this version of the code expects."""

    actor = "operator"
    code = "schema"
