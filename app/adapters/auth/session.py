"""Session tokens: short-lived tokens in place of a login, issued and read by this server only."""

import secrets
from collections.abc import Callable
from typing import Final, Never

import jwt

from app.adapters.auth._tokens import header_of, load_jwt, rejection, user_id_in
from app.adapters.auth.sealed_claims import ClaimsSeal
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
    """Derive the session key from the secret, or make a random one without a secret.

    A key other than the login's ensures that neither token can serve as the other.
    """
    if not secret:
        return secrets.token_bytes(_KEY_BYTES)
    # Imported here: the package takes a tenth of an idle server's memory, and only a secret needs it.
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    derive = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=b"anyport session token v1")
    return derive.derive(secret.reveal().encode())


class SessionTokens(Authenticator, SessionIssuer):
    """Issues and verifies sessions of `lifetime` seconds, renewable until `max_age` seconds after the login.

    `clock` returns seconds since the epoch, and replicas share it: one issues a session and another verifies it. A
    session stores the thumbprint of its login's key, and ends when `logins` revokes that login; it keeps the claims of
    the login, sealed.
    """

    def __init__(
        self,
        key: bytes,
        *,
        lifetime: int,
        max_age: int,
        logins: Authenticator | None = None,
        clock: Callable[[], float] = shared_clock.time,
    ) -> None:
        self._key, self._lifetime, self._max_age, self._clock = key, lifetime, max_age, clock
        self._logins = logins
        self._seal = ClaimsSeal(key)

    async def issue(self, login: Login) -> Session:
        """Issue a session for the login. Raises `UnauthenticatedError` after the login's `max_age`."""
        now = int(self._clock())
        since = now if login.since is None else login.since
        expires = min(now + self._lifetime, since + self._max_age)
        if expires <= now:
            raise UnauthenticatedError(_("Your session has lasted its longest. Please log in again."))
        claims = {"sub": login.user_id, "aud": _AUDIENCE, "iat": now, "exp": expires, "auth_time": since}
        if login.key:
            claims["key"] = login.key
        if login.claims:
            claims["claims"] = await self._seal.seal(login.claims, login.user_id)
        await load_jwt()
        token = jwt.encode(claims, self._key, algorithm=_ALGORITHM, headers={"typ": _TYPE})
        return Session(secret=Secret(token), expires_in=expires - now)

    async def authenticate(self, credentials: Credentials) -> Login | None:
        """Return the login of a session in the bearer token, or None for another kind of token; cookies are ignored.

        Raises `UnauthenticatedError` for an invalid, expired or revoked session.
        """
        token = credentials.bearer
        if token:
            await load_jwt()
        if not _is_session(token):
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
        user_id, sealed = user_id_in(claims, "sub"), claims.get("claims")
        login = Login(
            user_id=user_id,
            since=claims["auth_time"],
            until=claims["exp"],
            key=str(claims.get("key", "")),
            claims=await self._seal.unseal(sealed, user_id) if sealed else {},
        )
        if self._logins is not None and await self._logins.is_revoked(login):
            raise UnauthenticatedError(
                _("Your session has ended. Please log in again."), detail="the key of its login is not in use any more"
            )
        return login


class DisabledSessions(SessionIssuer):
    """Session issuer without a secret: it refuses, because each process would sign with its own random key."""

    async def issue(self, login: Login) -> Never:
        """Refuse to issue. Raises `NotEnabledError` with the variable to set."""
        raise NotEnabledError(_("Sessions need a secret. The operator can set SESSION_SECRET: openssl rand -base64 32"))


def _is_session(token: str) -> bool:
    if not token:
        return False
    try:
        return header_of(token).get("typ") == _TYPE
    except UnauthenticatedError:
        return False
