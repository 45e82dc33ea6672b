"""Authentication: builds the authenticator and the session issuer that the settings choose."""

from collections.abc import Iterator
from typing import NamedTuple

import structlog

from app.adapters.auth.chain import AuthenticatorChain
from app.adapters.auth.keys import KeySource, SharedSecret
from app.adapters.auth.login_token import ExpectedClaims, LoginTokens
from app.adapters.auth.session import DisabledSessions, SessionTokens, session_key
from app.adapters.auth.single_user import SingleUser
from app.ports.authenticator import Authenticator
from app.ports.session_issuer import SessionIssuer
from app.settings.auth import AuthMode, LoginSettings

BETTER_AUTH_KEYS = "/api/auth/jwks"
"""https://www.better-auth.com/docs/plugins/jwt"""

log = structlog.get_logger(__name__)


class Authentication(NamedTuple):
    """The authenticator and the session issuer; `authenticator.aclose` closes both."""

    authenticator: Authenticator
    sessions: SessionIssuer


def open_authentication(settings: LoginSettings) -> Authentication:
    """Build the authentication for the settings; keys are fetched at the first login. Blocks for imports."""
    if settings.mode is AuthMode.NONE:
        log.warning("authentication disabled: AUTH_MODE=none gives every client that reaches this server full access")
    login = LoginTokens(list(_key_sources(settings))) if settings.is_wanted else SingleUser()
    secret = settings.session_secret or settings.jwt_secret
    if settings.is_wanted and not secret:
        return Authentication(login, DisabledSessions())
    # Without a login a page replaces a lost session by itself, so a key that ends with this process is enough.
    sessions = SessionTokens(
        session_key(secret), lifetime=settings.session_seconds, max_age=settings.session_max_seconds, logins=login
    )
    return Authentication(AuthenticatorChain([sessions, login]), sessions)


def _key_sources(settings: LoginSettings) -> Iterator[tuple[KeySource, ExpectedClaims]]:
    # Imported here: only a server that fetches keys needs the HTTP client.
    from app.adapters.auth.jwks import KeySet

    expected = ExpectedClaims(issuer=settings.issuer, audience=settings.audience, user_claim=settings.user_claim)
    if settings.jwt_secret:
        yield SharedSecret(settings.jwt_secret), expected
    if settings.jwks_url:
        yield KeySet(settings.jwks_url), expected
    elif base := settings.better_auth_url.rstrip("/"):
        # Better Auth's defaults for issuer and audience.
        better_auth = ExpectedClaims(
            issuer=settings.issuer or base, audience=settings.audience or base, user_claim=settings.user_claim
        )
        yield KeySet(base + BETTER_AUTH_KEYS), better_auth
