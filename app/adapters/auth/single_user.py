"""No login: everybody is the one local user."""

from app.ports.authenticator import Authenticator, Credentials, Login

LOCAL_USER = "local"
_NO_KEY = "no login"
"""No key has this thumbprint, so a session from before a login was set up opens nothing afterwards."""


class SingleUser(Authenticator):
    """For a server on one's own machine."""

    async def authenticate(self, credentials: Credentials) -> Login:
        """Always the same user, and no proof of theirs: any page that reaches this server would be them."""
        return Login(user_id=LOCAL_USER, ambient=True, key=_NO_KEY)
