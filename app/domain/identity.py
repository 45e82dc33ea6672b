"""Who is asking."""

import ipaddress

import msgspec


class RequestContext(msgspec.Struct, frozen=True, kw_only=True):
    """The caller of one request; every store call is scoped to its `user_id`.

    `base_url` is the address that the request came to, for links back to this server.
    `locale` is the one they prefer, such as `fr-CA`, whether or not we have texts in it.
    `sees_hidden` is false for pages that go to a client: stores then leave hidden items out inside the query.
    """

    user_id: str
    request_id: str = ""
    base_url: str = ""
    locale: str | None = None
    sees_hidden: bool = True

    def as_client(self) -> "RequestContext":
        """The same caller, for reads whose result is shown to them."""
        return msgspec.structs.replace(self, sees_hidden=False)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens on `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
