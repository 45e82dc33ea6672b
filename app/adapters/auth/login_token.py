"""Login tokens: JSON Web Tokens of the operator's login service."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import jwt
import msgspec
import structlog

from app.adapters.auth._tokens import LEEWAY_SECONDS, header_of, load_jwt, rejection, user_id_in
from app.adapters.auth.claims import MOST_BYTES, bounded
from app.adapters.auth.keys import Key, KeySource
from app.ports.authenticator import Authenticator, Credentials, Login

COOKIE: Final = "auth_token"

log = structlog.get_logger(__name__)


class ExpectedClaims(msgspec.Struct, frozen=True, kw_only=True):
    """The claims that a token must have besides signature and expiry; an empty issuer accepts any issuer.

    An empty audience rejects tokens that name one: they were made for another service (RFC 7519, 4.1.3).
    """

    issuer: str = ""
    audience: str = ""
    user_claim: str = "sub"


class LoginTokens(Authenticator):
    """Authenticator for a token in `Authorization: Bearer`, else in the cookie `auth_token`.

    The token's algorithm selects the key source.
    """

    def __init__(self, sources: Sequence[tuple[KeySource, ExpectedClaims]]) -> None:
        self._sources = tuple(sources)
        self._has_warned = False

    async def authenticate(self, credentials: Credentials) -> Login | None:
        """Return the login of the token, or None without a token.

        Raises `UnauthenticatedError` for an invalid token, also for a bearer token beside a valid cookie, and
        `LoginUnavailableError` while the keys cannot be fetched.
        """
        token = credentials.bearer or credentials.cookies.get(COOKIE, "")
        if not token:
            return None
        return await self._login_of(token, ambient=not credentials.bearer)

    async def is_revoked(self, login: Login) -> bool:
        """True if no key source has the login's key any more. Raises `LoginUnavailableError`."""
        if not login.key:
            return False
        for source, _ in self._sources:
            if await source.holds(login.key):
                return False
        return True

    async def check(self) -> None:
        """Check every key source. Raises `LoginUnavailableError`."""
        for source, _ in self._sources:
            await source.check()

    async def aclose(self) -> None:
        """Close the key sources."""
        for source, _ in self._sources:
            await source.aclose()

    async def _login_of(self, token: str, *, ambient: bool) -> Login:
        await load_jwt()
        header = header_of(token)
        for source, expected in self._sources:
            if str(header.get("alg")) in source.algorithms and (key := await source.key(header)):
                key, claims = await _verified(token, header, source, key, expected)
                user_id = user_id_in(claims, expected.user_claim)
                return Login(
                    user_id=user_id,
                    ambient=ambient,
                    until=_end(int(claims["exp"])),
                    key=key.thumbprint,
                    claims=self._bounded(claims),
                )
        raise rejection(jwt.InvalidKeyError())

    def _bounded(self, claims: Mapping[str, Any]) -> Mapping[str, Any]:
        kept, left_out = bounded(claims)
        if left_out and not self._has_warned:
            self._has_warned = True
            log.warning("a login token has more claims than the context takes", left_out=left_out, bytes=MOST_BYTES)
        return kept


def _end(expires: int) -> int:
    """End of the login, in seconds since the epoch; a token accepted by the leeway ends with that leeway."""
    return expires if expires > time.time() else expires + LEEWAY_SECONDS


async def _verified(
    token: str, header: Mapping[str, Any], source: KeySource, key: Key, expected: ExpectedClaims
) -> tuple[Key, Mapping[str, Any]]:
    """The token's verified claims, and the key that verified them."""
    try:
        try:
            return key, _claims(token, key, source, expected)
        except jwt.InvalidSignatureError:
            if (newer := await source.successor(header, key)) is None:
                raise
            return newer, _claims(token, newer, source, expected)
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise rejection(error) from error


def _claims(token: str, key: Key, source: KeySource, expected: ExpectedClaims) -> Mapping[str, Any]:
    claims: Mapping[str, Any] = jwt.decode(
        token,
        key.value,
        algorithms=sorted(source.algorithms),
        issuer=expected.issuer or None,
        audience=expected.audience or None,
        leeway=LEEWAY_SECONDS,
        options={
            "require": ["exp"],
            "verify_sub": False,
            "verify_jti": False,
            "enforce_minimum_key_length": True,
        },
    )
    return claims
