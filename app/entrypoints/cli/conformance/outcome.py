"""Checks and their outcomes."""

from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec

from app.entrypoints.cli.conformance.subject import Subject

Result = Literal["holds", "not offered", "wrong"]


class WrongError(Exception):
    """The server breaks the protocol, or loses data of the user."""


class NotOfferedError(Exception):
    """The server refuses an optional feature clearly, as the protocol allows."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one check, with its reason."""

    check: str
    result: Result
    detail: str = ""


class Check(msgspec.Struct, frozen=True):
    """A sentence about a server, and the function that verifies it.

    `examine` returns when the sentence holds, else it raises `WrongError` or `NotOfferedError`.
    """

    sentence: str
    examine: Callable[[Subject], Awaitable[None]]


def need(condition: object, otherwise: str) -> None:
    """Raise `WrongError` unless the condition holds."""
    if not condition:
        raise WrongError(otherwise)
