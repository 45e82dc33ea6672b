"""Identity: the caller of a request."""

import ipaddress

import msgspec


class RequestContext(msgspec.Struct, frozen=True, kw_only=True):
    """Request context: the caller of one request; every store call is scoped to its `user_id`.

    `base_url` is the server's address in the request, for links back to this server. `locale` is the preferred one,
    such as `fr-CA`, also without translations. `sees_hidden` is false for results that go to a client: stores then
    leave hidden items out inside the query.
    """

    user_id: str
    request_id: str = ""
    base_url: str = ""
    locale: str | None = None
    sees_hidden: bool = True

    def as_client(self) -> "RequestContext":
        """Return the context for reads whose result goes to the client."""
        return msgspec.structs.replace(self, sees_hidden=False)


def is_loopback(host: str) -> bool:
    """Return True when only this machine can reach a server that listens on `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
