"""Single-user authentication: without a login, each request belongs to the one local user."""

from app.ports.authenticator import Authenticator, Credentials, Login

LOCAL_USER = "local"
_NO_KEY = "no login"
"""No key has this thumbprint, so these sessions end when the operator sets up a login."""


class SingleUser(Authenticator):
    """Authenticator for a server on the user's own machine."""

    async def authenticate(self, credentials: Credentials) -> Login:
        """Return the local user's login; it is ambient, because any page that reaches this server could send it."""
        return Login(user_id=LOCAL_USER, ambient=True, key=_NO_KEY)
