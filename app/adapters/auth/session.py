"""Session tokens: short-lived stand-ins for a login that a page may hold, made and read by us alone."""

import secrets
from collections.abc import Callable
from typing import Final, Never

import jwt

from app.adapters.auth._tokens import header_of, load_jwt, rejection, user_id_in
from app.domain.clock import clock as shared_clock
from app.domain.errors import NotEnabledError, UnauthenticatedError
from app.domain.language import _
from app.environment import Secret
from app.ports.authenticator import Authenticator, Credentials, Login
from app.ports.session_issuer import Session, SessionIssuer

_TYPE: Final = "anyport-session+jwt"
_AUDIENCE: Final = "anyport:chatkit"
_ALGORITHM: Final = "HS256"
_CLAIMS: Final = ["aud", "auth_time", "exp", "iat", "sub"]
_KEY_BYTES: Final = 32


def session_key(secret: Secret | None) -> bytes:
    """A key of its own, so that a login token is never a session and no session a login; random without a secret."""
    if not secret:
        return secrets.token_bytes(_KEY_BYTES)
    # Only whoever has a secret pays for this package, a tenth of what a server at rest takes.
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    derive = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=b"anyport session token v1")
    return derive.derive(secret.reveal().encode())


class SessionTokens(Authenticator, SessionIssuer):
    """Makes them for `lifetime` seconds, and again and again until `longest` seconds after the login, by the clock that
    replicas share: one makes them and another reads them.

    A session remembers the key of the login that it stands for, and ends when `logins` revoke it.
    """

    def __init__(
        self,
        key: bytes,
        *,
        lifetime: int,
        longest: int,
        logins: Authenticator | None = None,
        clock: Callable[[], float] = shared_clock.time,
    ) -> None:
        self._key, self._lifetime, self._longest, self._clock = key, lifetime, longest, clock
        self._logins = logins

    async def issue(self, login: Login) -> Session:
        """A new token for who is logged in."""
        now = int(self._clock())
        since = now if login.since is None else login.since
        expires = min(now + self._lifetime, since + self._longest)
        if expires <= now:
            raise UnauthenticatedError(_("Your session has lasted its longest. Please log in again."))
        claims = {"sub": login.user_id, "aud": _AUDIENCE, "iat": now, "exp": expires, "auth_time": since}
        if login.key:
            claims["key"] = login.key
        await load_jwt()
        token = jwt.encode(claims, self._key, algorithm=_ALGORITHM, headers={"typ": _TYPE})
        return Session(secret=Secret(token), expires_in=expires - now)

    async def authenticate(self, credentials: Credentials) -> Login | None:
        """Who the token stands for; None for a bearer token of another kind. A cookie is never looked at."""
        token = credentials.bearer
        if token:
            await load_jwt()
        if not _is_ours(token):
            return None
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                options={
                    "require": ["exp", "iat", "aud", "sub", "auth_time"],
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
        except jwt.PyJWTError as error:
            raise rejection(error) from error
        if claims["exp"] <= self._clock():
            raise UnauthenticatedError(_("Your session has expired. Please ask for a new one, or log in again."))
        login = Login(
            user_id=user_id_in(claims, "sub"),
            since=claims["auth_time"],
            until=claims["exp"],
            key=str(claims.get("key", "")),
        )
        if self._logins is not None and await self._logins.is_revoked(login):
            raise UnauthenticatedError(
                _("Your session has ended. Please log in again."), detail="the key of its login is not in use any more"
            )
        return login


class DisabledSessions(SessionIssuer):
    """Where every process would sign with a key of its own, and none would know the other's sessions."""

    async def issue(self, login: Login) -> Never:
        """Refuse."""
        raise NotEnabledError(_("Sessions need a secret. The operator can set SESSION_SECRET: openssl rand -base64 32"))


def _is_ours(token: str) -> bool:
    if not token:
        return False
    try:
        return header_of(token).get("typ") == _TYPE
    except UnauthenticatedError:
        return False
