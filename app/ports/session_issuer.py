"""Session issuer: short-lived tokens that a page uses instead of a login."""

from abc import ABC, abstractmethod

import msgspec

from app.environment import Secret
from app.ports.authenticator import Login


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Session token of one user, valid for `expires_in` seconds."""

    secret: Secret
    expires_in: int


class SessionIssuer(ABC):
    """Issues sessions that an `Authenticator` of the same adapter accepts."""

    @abstractmethod
    async def issue(self, login: Login) -> Session:
        """Issue a session for a user who logged in, or who has an earlier session.

        Raises `UnauthenticatedError` when the original login is too old, and `NotEnabledError` without a secret to
        sign sessions with.
        """
