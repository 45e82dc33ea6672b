"""No login: everybody is the one local user."""

from collections.abc import Mapping

from app.ports.authenticator import Authenticator

LOCAL_USER = "local"


class SingleUser(Authenticator):
    """For a server on one's own machine."""

    async def authenticate(self, headers: Mapping[str, str], cookies: Mapping[str, str]) -> str:
        """Always the same user."""
        return LOCAL_USER
