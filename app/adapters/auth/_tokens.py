"""JSON Web Tokens: helpers for login and session tokens (header, user id, rejection)."""

import asyncio
from collections.abc import Mapping
from operator import attrgetter
from typing import Any, Final

import jwt

from app.domain.errors import UnauthenticatedError
from app.domain.language import _

MAX_USER_ID_CHARACTERS: Final = 255
LEEWAY_SECONDS: Final = 30
"""Tolerance for the difference between two servers' clocks."""

_JWT_NAMES: Final = ("decode", "encode", "get_unverified_header")


async def load_jwt() -> None:
    """Import the parts of `jwt` in a thread, so that no later use blocks the event loop. Idempotent.

    Their first use imports the algorithms, and with them the whole cryptography package.
    """
    if _JWT_NAMES[-1] not in vars(jwt):
        await asyncio.to_thread(attrgetter(*_JWT_NAMES), jwt)


def header_of(token: str) -> Mapping[str, Any]:
    """Return the token's header, which is not verified yet. Raises `UnauthenticatedError`."""
    try:
        return jwt.get_unverified_header(token)
    except jwt.InvalidTokenError as error:
        raise rejection(error) from error


def rejection(error: Exception) -> UnauthenticatedError:
    """Return the error for an invalid token: a text for the user, and the library's reason for the log."""
    kind = type(error).__name__
    match error:
        case jwt.ExpiredSignatureError():
            return UnauthenticatedError(_("Your login has expired. Please log in again."), detail=kind)
        case jwt.ImmatureSignatureError():
            return UnauthenticatedError(
                _("This login is not valid yet."), detail=f"{kind}: compare the servers' clocks"
            )
        case jwt.InvalidAudienceError():
            return _wrong_service(f"{kind}: AUTH_AUDIENCE names the audience that tokens must have")
        case jwt.InvalidIssuerError():
            return _wrong_service(f"{kind}: AUTH_ISSUER names the issuer that tokens must have")
        case jwt.MissingRequiredClaimError():
            return _wrong_service(f"{kind}: {error.claim}")
        case _:
            return UnauthenticatedError(_("This login is not valid here. Please log in again."), detail=kind)


def _wrong_service(detail: str) -> UnauthenticatedError:
    return UnauthenticatedError(_("This login was made for another service. Please log in here."), detail=detail)


def user_id_in(claims: Mapping[str, Any], claim: str) -> str:
    """Return the user's id as text, 1 to 255 printable characters. Raises `UnauthenticatedError`."""
    value = claims.get(claim)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not 0 < len(value) <= MAX_USER_ID_CHARACTERS or not value.isprintable():
        raise UnauthenticatedError(
            _("This login does not say who you are."),
            detail=f"AUTH_USER_CLAIM is {claim}, which must be 1 to {MAX_USER_ID_CHARACTERS} printable characters",
        )
    return value
