"""Settings of authentication, origins and hosts."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from app.domain.identity import is_loopback
from app.domain.redaction import MaskedStruct
from app.domain.web import Hosts, Origins
from app.environment import UNGUESSABLE, Problem, SigningSecret, checks, env


class AuthMode(StrEnum):
    """Source of the authentication of callers."""

    AUTO = "auto"
    NONE = "none"


class LoginSettings(MaskedStruct, frozen=True, kw_only=True):
    """Login tokens and sessions. Without a secret and a key set there is one user, on loopback only."""

    mode: Annotated[
        AuthMode,
        env(
            "AUTH_MODE",
            help="`auto` requires a login when one is configured below, and otherwise serves one user on loopback. "
            "`none` treats every caller who reaches HOST as that one user.",
            expects="auto or none",
        ),
    ] = AuthMode.AUTO
    jwt_secret: Annotated[
        SigningSecret,
        env(
            "JWT_SECRET",
            "BETTER_AUTH_SECRET",
            help="Secret that verifies login tokens signed with HS256.",
            expects=UNGUESSABLE,
        ),
    ] = SigningSecret("")
    jwks_url: Annotated[
        str,
        env(
            "AUTH_JWKS_URL",
            help="Address of the public keys (JWKS) that verify login tokens signed with RS256, ES256, EdDSA or "
            "similar.",
            expects="an address, such as https://login.example.com/.well-known/jwks.json",
            check=checks.http_url,
        ),
    ] = ""
    better_auth_url: Annotated[
        str,
        env(
            "BETTER_AUTH_URL",
            help="Base address of a Better Auth server. Sets the address of its public keys, the issuer and the "
            "audience.",
            expects="an address, such as https://app.example.com",
            check=checks.base_url,
        ),
    ] = ""
    issuer: Annotated[
        str,
        env(
            "AUTH_ISSUER",
            help="Issuer (`iss`) that a login token must contain.",
            expects="the issuer exactly as tokens have it, without spaces, such as https://login.example.com/",
            check=checks.word,
        ),
    ] = ""
    audience: Annotated[
        str,
        env(
            "AUTH_AUDIENCE",
            help="Audience (`aud`) that a login token must contain.",
            expects="the audience exactly as tokens have it, without spaces, such as https://chat.example.com",
            check=checks.word,
        ),
    ] = ""
    user_claim: Annotated[
        str,
        env(
            "AUTH_USER_CLAIM",
            help="Claim of a login token that contains the user's id.",
            expects="the name of a claim, without spaces, such as sub or email",
            check=checks.word,
        ),
    ] = "sub"
    session_secret: Annotated[
        SigningSecret,
        env(
            "SESSION_SECRET",
            help="Secret that signs the session tokens of `POST /api/chatkit/session`. Unset: derived from JWT_SECRET.",
            expects=UNGUESSABLE,
        ),
    ] = SigningSecret("")
    session_seconds: Annotated[
        int,
        env(
            "SESSION_SECONDS",
            help="Seconds until a session token expires; a page fetches a new one before that.",
            expects="seconds from 60 to 86400",
            ge=60,
            le=86_400,
        ),
    ] = 600
    session_max_seconds: Annotated[
        int,
        env(
            "SESSION_MAX_SECONDS",
            help="Seconds after the login during which its session can be renewed.",
            expects="seconds from 60 to 2592000",
            ge=60,
            le=2_592_000,
        ),
    ] = 43_200

    @property
    def is_wanted(self) -> bool:
        """True when callers must log in."""
        return bool(self.jwt_secret or self.jwks_url or self.better_auth_url)


class BrowserSettings(MaskedStruct, frozen=True, kw_only=True):
    """Origins and host names under which browsers may use the server."""

    cors_origins: Annotated[
        Origins,
        env(
            "CORS_ORIGINS",
            help="Origins whose pages may call the server with the user's cookies.",
            expects="origins without a path, such as https://app.example.com,http://localhost:5173",
        ),
    ] = Origins()
    allowed_hosts: Annotated[
        Hosts,
        env(
            "ALLOWED_HOSTS",
            help="Host names that the server accepts, in addition to loopback, HOST and plain IP addresses. "
            "`*.example.com` accepts every subdomain, `*` every name.",
            expects="names without a port, such as chat.example.com,*.example.org",
        ),
    ] = Hosts()
    frame_ancestors: Annotated[
        Origins,
        env(
            "FRAME_ANCESTORS",
            help="Origins whose pages may show the pages of this server in a frame, in addition to its own origin.",
            expects="origins without a path, such as https://app.example.com",
        ),
    ] = Origins()


def auth_problems(host: str, login: LoginSettings) -> Iterator[Problem]:
    """Problems of combinations of these settings."""
    if login.mode is AuthMode.NONE and login.is_wanted:
        yield Problem("AUTH_MODE", "none admits every caller, but a login is configured too: remove one of the two")
    if login.mode is AuthMode.AUTO and not login.is_wanted and not is_loopback(host):
        yield Problem(
            "HOST",
            f"{host} is reachable from other machines, and no login is configured. Set JWT_SECRET, AUTH_JWKS_URL or "
            "BETTER_AUTH_URL, or set AUTH_MODE=none if every caller may do everything",
        )
    if not login.is_wanted:
        for variable, value in (("AUTH_ISSUER", login.issuer), ("AUTH_AUDIENCE", login.audience)):
            if value:
                yield Problem(
                    variable, "is set, but nothing checks it: set JWT_SECRET, AUTH_JWKS_URL or BETTER_AUTH_URL"
                )
    if login.jwks_url and login.better_auth_url:
        yield Problem("BETTER_AUTH_URL", "names one key set, and AUTH_JWKS_URL names another: remove one of the two")
    if login.session_seconds > login.session_max_seconds:
        yield Problem(
            "SESSION_MAX_SECONDS",
            f"{login.session_max_seconds} is less than the length of one session: lower SESSION_SECONDS "
            f"({login.session_seconds}) or raise this",
        )
