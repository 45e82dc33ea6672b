"""The settings of the doors: who may come in, and from which pages."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

import msgspec

from app.domain.identity import is_loopback
from app.domain.web import Hosts, Origins
from app.environment import UNGUESSABLE, Problem, SigningSecret, checks, env


class AuthMode(StrEnum):
    """Whether there is a login."""

    AUTO = "auto"
    NONE = "none"


class LoginSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Who comes in. Without a secret and a key set everybody is one local user, on this machine alone."""

    mode: Annotated[
        AuthMode,
        env(
            "AUTH_MODE",
            help="`auto`: a login where one is set below, else a single user on loopback. "
            "`none`: everybody who reaches HOST is that user.",
            expects="auto or none",
        ),
    ] = AuthMode.AUTO
    jwt_secret: Annotated[
        SigningSecret,
        env("JWT_SECRET", "BETTER_AUTH_SECRET", help="Secret of login tokens signed with HS256.", expects=UNGUESSABLE),
    ] = SigningSecret("")
    jwks_url: Annotated[
        str,
        env(
            "AUTH_JWKS_URL",
            help="Public keys of login tokens signed with RS256, ES256, EdDSA and the like.",
            expects="an address, such as https://login.example.com/.well-known/jwks.json",
            check=checks.http_url,
        ),
    ] = ""
    better_auth_url: Annotated[
        str,
        env(
            "BETTER_AUTH_URL",
            help="Base address of a Better Auth server: its public keys, and the issuer and audience it writes.",
            expects="an address, such as https://app.example.com",
            check=checks.base_url,
        ),
    ] = ""
    issuer: Annotated[
        str,
        env(
            "AUTH_ISSUER",
            help="Issuer (`iss`) that a login token must have.",
            expects="the issuer exactly as tokens have it, without spaces, such as https://login.example.com/",
            check=checks.word,
        ),
    ] = ""
    audience: Annotated[
        str,
        env(
            "AUTH_AUDIENCE",
            help="Audience (`aud`) that a login token must have.",
            expects="the audience exactly as tokens have it, without spaces, such as https://chat.example.com",
            check=checks.word,
        ),
    ] = ""
    user_claim: Annotated[
        str,
        env(
            "AUTH_USER_CLAIM",
            help="Claim of a login token that is the user's id.",
            expects="the name of a claim, without spaces, such as sub or email",
            check=checks.word,
        ),
    ] = "sub"
    session_secret: Annotated[
        SigningSecret,
        env(
            "SESSION_SECRET",
            help="Secret of the tokens of `POST /api/chatkit/session`. Unset: derived from JWT_SECRET.",
            expects=UNGUESSABLE,
        ),
    ] = SigningSecret("")
    session_seconds: Annotated[
        int,
        env(
            "SESSION_SECONDS",
            help="How long such a token opens the server; a page asks for the next one in time.",
            expects="seconds from 60 to 86400",
            ge=60,
            le=86_400,
        ),
    ] = 600
    session_max_seconds: Annotated[
        int,
        env(
            "SESSION_MAX_SECONDS",
            help="How long after a login its session can be renewed.",
            expects="seconds from 60 to 2592000",
            ge=60,
            le=2_592_000,
        ),
    ] = 43_200

    @property
    def is_wanted(self) -> bool:
        """Whether callers have to log in."""
        return bool(self.jwt_secret or self.jwks_url or self.better_auth_url)


class BrowserSettings(msgspec.Struct, frozen=True, kw_only=True):
    """From which pages and under which names the server may be used."""

    cors_origins: Annotated[
        Origins,
        env(
            "CORS_ORIGINS",
            help="Pages of these origins may call the server, with the user's cookies.",
            expects="origins without a path, such as https://app.example.com,http://localhost:5173",
        ),
    ] = Origins()
    allowed_hosts: Annotated[
        Hosts,
        env(
            "ALLOWED_HOSTS",
            help="Names by which the server may be called, besides loopback's, HOST and plain IP addresses; "
            "`*.example.com` for all below, `*` for any.",
            expects="names without a port, such as chat.example.com,*.example.org",
        ),
    ] = Hosts()
    frame_ancestors: Annotated[
        Origins,
        env(
            "FRAME_ANCESTORS",
            help="Origins of pages that may show the pages of this server in a frame, besides its own.",
            expects="origins without a path, such as https://app.example.com",
        ),
    ] = Origins()


def auth_problems(host: str, login: LoginSettings) -> Iterator[Problem]:
    """What is wrong with these settings together."""
    if login.mode is AuthMode.NONE and login.is_wanted:
        yield Problem("AUTH_MODE", "none lets everybody in, but a login is set too: take one of the two away")
    if login.mode is AuthMode.AUTO and not login.is_wanted and not is_loopback(host):
        yield Problem(
            "HOST",
            f"{host} lets others in, and there is no login. Set JWT_SECRET, AUTH_JWKS_URL or BETTER_AUTH_URL, "
            "or say AUTH_MODE=none if everybody who reaches it may do everything",
        )
    if not login.is_wanted:
        for variable, value in (("AUTH_ISSUER", login.issuer), ("AUTH_AUDIENCE", login.audience)):
            if value:
                yield Problem(
                    variable, "is set, but nothing checks it: set JWT_SECRET, AUTH_JWKS_URL or BETTER_AUTH_URL"
                )
    if login.jwks_url and login.better_auth_url:
        yield Problem("BETTER_AUTH_URL", "names one key set, and AUTH_JWKS_URL another: take one of the two away")
    if login.session_seconds > login.session_max_seconds:
        yield Problem(
            "SESSION_MAX_SECONDS",
            f"{login.session_max_seconds} is less than one session lasts: lower SESSION_SECONDS "
            f"({login.session_seconds}) or raise this",
        )
