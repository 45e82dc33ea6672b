"""Short-lived stand-ins for a login, for a page to hold."""

from abc import ABC, abstractmethod

import msgspec

from app.environment import Secret
from app.ports.authenticator import Login


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A token that opens this server for its user, and for how many seconds."""

    secret: Secret
    expires_in: int


class SessionIssuer(ABC):
    """Makes sessions that an `Authenticator` beside it reads."""

    @abstractmethod
    async def issue(self, login: Login) -> Session:
        """A session for who is logged in, by a login or by an earlier session.

        Raises `UnauthenticatedError` when the login lies too far back, and `NotEnabledError` where no secret is set
        that sessions could be signed with.
        """
