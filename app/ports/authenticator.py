"""Authentication: identifies the user of a request."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import msgspec


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """Credentials of a request: its headers, with names in lower case, and its cookies."""

    headers: Mapping[str, str] = {}
    cookies: Mapping[str, str] = {}

    @property
    def bearer(self) -> str:
        """The bearer token of the `Authorization` header; empty without one."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """Login of an authenticated user.

    `ambient`: the browser sends the credentials by itself, as with a cookie, so another origin's page could use them.
    `since`: time of the original login, for our own session tokens; else None. `until`: end of the login; None for
    never. Both are seconds since 1970. `key`: thumbprint of the key that signed the login; empty without one.
    `claims`: what the verified token says, in at most 4,000 bytes of JSON, without secrets; empty without a token.
    """

    user_id: str
    ambient: bool = False
    since: int | None = None
    until: float | None = None
    key: str = ""
    claims: Mapping[str, Any] = {}

    def __repr__(self) -> str:
        return f"Login(user_id={self.user_id!r})"


class Authenticator(ABC):
    """Authenticator: one way to log in, which identifies the user of a request."""

    @abstractmethod
    async def authenticate(self, credentials: Credentials) -> Login | None:
        """Return the login of these credentials; None without credentials of this authenticator's kind.

        Raises `UnauthenticatedError` for invalid credentials of its kind, and `LoginUnavailableError` when they cannot
        be checked now. The user id has 1 to 255 printable characters.
        """

    async def is_revoked(self, login: Login) -> bool:
        """Return True once the key that signed the login was withdrawn; only for logins with a `key`.

        Raises `LoginUnavailableError` when the keys cannot be fetched now.
        """
        return False

    async def check(self) -> None:  # noqa: B027  # most need no service
        """Fetch the keys that logins are checked with. Raises `LoginUnavailableError`; its detail has the cause."""

    async def aclose(self) -> None:  # noqa: B027  # most have nothing to release
        """Release all resources; no call follows."""
