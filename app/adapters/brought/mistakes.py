"""Mistakes of brought code: what it must not do, and the error for the user."""

from typing import Final

from app.domain.errors import AnyportError
from app.domain.language import _, deferred

_MESSAGE: Final = deferred("A step failed, and the answer ends here. Please try again, or tell the operator.")


class Mistake(ValueError):  # noqa: N818  # the code's author reads it, as a sentence
    """Brought code did something that cannot be stored or shown; the text is a sentence for its author."""


class BroughtCodeError(AnyportError):
    """Brought code failed; the operator must correct it. `detail` names the function, its file and its line."""

    code = "assistant_failed"
    retry = True

    def __init__(self, detail: str, message: str = "", *, retry: bool = True) -> None:
        super().__init__(message or _(_MESSAGE), detail=detail)
        self.retry = retry
