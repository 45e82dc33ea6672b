"""Authenticator chain: several authenticators, asked in order."""

from collections.abc import Sequence

from app.ports.authenticator import Authenticator, Credentials, Login


class AuthenticatorChain(Authenticator):
    """Asks its authenticators in order; the first that recognizes the credentials accepts or rejects them."""

    def __init__(self, authenticators: Sequence[Authenticator]) -> None:
        self._authenticators = tuple(authenticators)

    async def authenticate(self, credentials: Credentials) -> Login | None:
        """Return the first login, or None if no authenticator recognizes the credentials.

        Raises the first error of an authenticator.
        """
        for authenticator in self._authenticators:
            if login := await authenticator.authenticate(credentials):
                return login
        return None

    async def is_revoked(self, login: Login) -> bool:
        """True if one authenticator has revoked the login. Raises the first error of an authenticator."""
        for authenticator in self._authenticators:
            if await authenticator.is_revoked(login):
                return True
        return False

    async def check(self) -> None:
        """Check all authenticators. Raises the first error."""
        for authenticator in self._authenticators:
            await authenticator.check()

    async def aclose(self) -> None:
        """Close all authenticators."""
        for authenticator in self._authenticators:
            await authenticator.aclose()
