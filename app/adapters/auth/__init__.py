"""Who comes in: the authenticators, and the settings that choose among them."""

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
    """Who reads logins, and who makes the sessions that are read beside them. Closed by closing the first."""

    authenticator: Authenticator
    sessions: SessionIssuer


def open_authentication(settings: LoginSettings) -> Authentication:
    """Those that the settings ask for. Nothing is fetched before somebody logs in."""
    if settings.mode is AuthMode.NONE:
        log.warning("AUTH_MODE=none: there is no login, whoever reaches this server may do everything")
    login = LoginTokens(list(_key_sources(settings))) if settings.is_wanted else SingleUser()
    secret = settings.session_secret or settings.jwt_secret
    if settings.is_wanted and not secret:
        return Authentication(login, DisabledSessions())
    # Without a login a lost session is made anew, so a key that lives as long as this process does no harm.
    sessions = SessionTokens(
        session_key(secret), lifetime=settings.session_seconds, longest=settings.session_max_seconds, logins=login
    )
    return Authentication(AuthenticatorChain([sessions, login]), sessions)


def _key_sources(settings: LoginSettings) -> Iterator[tuple[KeySource, ExpectedClaims]]:
    # Fetching keys needs an HTTP client, which a single local user can do without.
    from app.adapters.auth.jwks import KeySet

    expected = ExpectedClaims(issuer=settings.issuer, audience=settings.audience, user_claim=settings.user_claim)
    if settings.jwt_secret:
        yield SharedSecret(settings.jwt_secret), expected
    if settings.jwks_url:
        yield KeySet(settings.jwks_url), expected
    elif base := settings.better_auth_url.rstrip("/"):
        # What Better Auth writes unless it is told otherwise.
        own = ExpectedClaims(
            issuer=settings.issuer or base, audience=settings.audience or base, user_claim=settings.user_claim
        )
        yield KeySet(base + BETTER_AUTH_KEYS), own
