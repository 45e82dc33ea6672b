"""Who a request comes from."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

import msgspec


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What of a request may say who sent it; header names are in lower case."""

    headers: Mapping[str, str] = {}
    cookies: Mapping[str, str] = {}

    @property
    def bearer(self) -> str:
        """The token of `Authorization: Bearer …`; empty without one."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """A caller who is known.

    `ambient`: the browser sends what proves it by itself, so a page of another origin could use it too. `since`: when
    the user logged in, where the proof is one of ours that replaced a login; else None. `until`: when the login ends;
    None for never. Both are seconds since 1970. `key`: the thumbprint of the key that signed the login, if one did.
    """

    user_id: str
    ambient: bool = False
    since: int | None = None
    until: float | None = None
    key: str = ""


class Authenticator(ABC):
    """Tells users apart. Another way to log in is another subclass."""

    @abstractmethod
    async def authenticate(self, credentials: Credentials) -> Login | None:
        """Who sent these credentials; None when there are none of the kind that this authenticator reads.

        Raises `UnauthenticatedError` for credentials of its kind that are not good, and `LoginUnavailableError` when
        that cannot be found out just now. The user id has 1 to 255 characters, all printable.
        """

    async def is_revoked(self, login: Login) -> bool:
        """True once the login's key has left the keys that logins are checked with; only for logins with a `key`.

        Raises `LoginUnavailableError` when that cannot be found out just now.
        """
        return False

    async def check(self) -> None:  # noqa: B027  # most need nobody else
        """Ask for what logins are checked with. Raises `LoginUnavailableError`, whose detail says why."""

    async def aclose(self) -> None:  # noqa: B027  # most have nothing to let go of
        """Let go of everything; nothing is asked afterwards."""
