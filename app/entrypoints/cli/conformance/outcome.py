"""What a check is, and how it ends."""

from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec

from app.entrypoints.cli.conformance.subject import Subject

Result = Literal["holds", "not offered", "wrong"]


class WrongError(Exception):
    """The server breaks the protocol, or loses something of the user's."""


class NotOfferedError(Exception):
    """The server says clearly that it does not do this, which is its right."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How one check ended, and why."""

    check: str
    result: Result
    detail: str = ""


class Check(msgspec.Struct, frozen=True):
    """A sentence about a server, and what finds out whether it is true.

    `examine` returns when it holds, and raises `WrongError` or `NotOfferedError`.
    """

    sentence: str
    examine: Callable[[Subject], Awaitable[None]]


def need(condition: object, otherwise: str) -> None:
    """Raises `WrongError` unless the condition holds."""
    if not condition:
        raise WrongError(otherwise)
