"""Login tokens of another service: JSON Web Tokens."""

from collections.abc import Sequence
from typing import Final

import jwt
import msgspec

from app.adapters.auth._tokens import LEEWAY_SECONDS, header_of, jwt_at_hand, refused, user_id_in
from app.adapters.auth.keys import KeySource
from app.ports.authenticator import Authenticator, Credentials, Login

COOKIE: Final = "auth_token"


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What a token must say, besides being signed and in time; an empty issuer is not looked at.

    Without an audience a token that names one is refused: it was made for somebody else (RFC 7519, 4.1.3).
    """

    issuer: str = ""
    audience: str = ""
    user_claim: str = "sub"


class LoginTokens(Authenticator):
    """A token as `Authorization: Bearer`, else in the cookie `auth_token`; the algorithm chooses who has the key."""

    def __init__(self, sources: Sequence[tuple[KeySource, Expected]]) -> None:
        self._sources = tuple(sources)

    async def authenticate(self, credentials: Credentials) -> Login | None:
        """Who the token names. A bad bearer token is refused even where the cookie is good."""
        token = credentials.bearer or credentials.cookies.get(COOKIE, "")
        if not token:
            return None
        user_id = await self._user_of(token)
        return Login(user_id=user_id, ambient=not credentials.bearer)

    async def aclose(self) -> None:
        """Close the sources of keys."""
        for source, _ in self._sources:
            await source.aclose()

    async def _user_of(self, token: str) -> str:
        await jwt_at_hand()
        header = header_of(token)
        for source, expected in self._sources:
            if str(header.get("alg")) in source.algorithms and (key := await source.key(header)):
                return _verified(token, key, source.algorithms, expected)
        raise refused(jwt.InvalidKeyError())


def _verified(token: str, key: "jwt.PyJWK | bytes", algorithms: frozenset[str], expected: Expected) -> str:
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=sorted(algorithms),
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
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise refused(error) from error
    return user_id_in(claims, expected.user_claim)
