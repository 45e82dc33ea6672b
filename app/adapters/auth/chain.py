"""Several ways to log in, one after another."""

from collections.abc import Sequence

from app.ports.authenticator import Authenticator, Credentials, Login


class AuthenticatorChain(Authenticator):
    """The first authenticator that knows the kind of credentials decides, for good or ill."""

    def __init__(self, authenticators: Sequence[Authenticator]) -> None:
        self._authenticators = tuple(authenticators)

    async def authenticate(self, credentials: Credentials) -> Login | None:
        """What the first of them says that says anything. Raises what it raises."""
        for authenticator in self._authenticators:
            if login := await authenticator.authenticate(credentials):
                return login
        return None

    async def is_revoked(self, login: Login) -> bool:
        """True when one of them says so. Raises what they raise."""
        for authenticator in self._authenticators:
            if await authenticator.is_revoked(login):
                return True
        return False

    async def check(self) -> None:
        """All of them. Raises what they raise."""
        for authenticator in self._authenticators:
            await authenticator.check()

    async def aclose(self) -> None:
        """Close all of them."""
        for authenticator in self._authenticators:
            await authenticator.aclose()
