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
    the user logged in, in seconds since 1970, where the proof is one of ours that replaced a login; else None.
    """

    user_id: str
    ambient: bool = False
    since: int | None = None


class Authenticator(ABC):
    """Tells users apart. Another way to log in is another subclass."""

    @abstractmethod
    async def authenticate(self, credentials: Credentials) -> Login | None:
        """Who sent these credentials; None when there are none of the kind that this authenticator reads.

        Raises `UnauthenticatedError` for credentials of its kind that are not good, and `LoginUnavailableError` when
        that cannot be found out just now. The user id has 1 to 255 characters, all printable.
        """

    async def aclose(self) -> None:  # noqa: B027  # most have nothing to let go of
        """Let go of everything; nothing is asked afterwards."""
