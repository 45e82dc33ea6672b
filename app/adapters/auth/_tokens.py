"""What all our readers of JSON Web Tokens share: the header, the refusal, the user id."""

import asyncio
from collections.abc import Mapping
from operator import attrgetter
from typing import Any, Final

import jwt

from app.domain.errors import UnauthenticatedError
from app.domain.language import _

LONGEST_USER_ID: Final = 255
LEEWAY_SECONDS: Final = 30

_USED: Final = ("decode", "encode", "get_unverified_header")


async def load_jwt() -> None:
    """Wait until tokens can be read and made without holding up everybody else. Safe to repeat.

    The first use of `jwt` imports its algorithms, and with them all of cryptography.
    """
    if _USED[-1] not in vars(jwt):
        await asyncio.to_thread(attrgetter(*_USED), jwt)


def header_of(token: str) -> Mapping[str, Any]:
    """The token's header, which nobody has vouched for yet. Raises `UnauthenticatedError`."""
    try:
        return jwt.get_unverified_header(token)
    except jwt.InvalidTokenError as error:
        raise rejection(error) from error


def rejection(error: Exception) -> UnauthenticatedError:
    """Why a token is no good: what the user can do, and for the operator's log what the library found."""
    kind = type(error).__name__
    match error:
        case jwt.ExpiredSignatureError():
            return UnauthenticatedError(_("Your login has expired. Please log in again."), detail=kind)
        case jwt.ImmatureSignatureError():
            return UnauthenticatedError(
                _("This login is not valid yet."), detail=f"{kind}: compare the servers' clocks"
            )
        case jwt.InvalidAudienceError():
            return _not_for_us(f"{kind}: AUTH_AUDIENCE names the audience that tokens must have")
        case jwt.InvalidIssuerError():
            return _not_for_us(f"{kind}: AUTH_ISSUER names the issuer that tokens must have")
        case jwt.MissingRequiredClaimError():
            return _not_for_us(f"{kind}: {error.claim}")
        case _:
            return UnauthenticatedError(_("This login is not valid here. Please log in again."), detail=kind)


def _not_for_us(detail: str) -> UnauthenticatedError:
    return UnauthenticatedError(_("This login was made for another service. Please log in here."), detail=detail)


def user_id_in(claims: Mapping[str, Any], claim: str) -> str:
    """The user's id as text that every store can keep. Raises `UnauthenticatedError`."""
    value = claims.get(claim)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_USER_ID or not value.isprintable():
        raise UnauthenticatedError(
            _("This login does not say who you are."),
            detail=f"AUTH_USER_CLAIM is {claim}, which must be 1 to {LONGEST_USER_ID} printable characters",
        )
    return value
