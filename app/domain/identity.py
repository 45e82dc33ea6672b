"""Identity: the caller of a request."""

import ipaddress
from collections.abc import Mapping
from typing import Any

import msgspec


class RequestContext(msgspec.Struct, frozen=True, kw_only=True):
    """Request context: the caller of one request; every store call is scoped to its `user_id`.

    `base_url` is the server's address in the request, for links back to this server. `locale` is the preferred one,
    such as `fr-CA`, also without translations. `sees_hidden` is false for results that go to a client: stores then
    leave hidden items out inside the query.

    The last three are for the assistant's code, and are neither logged nor stored: `headers` of the request that
    `CONTEXT_HEADERS` names, in lower case; `claims` of the verified login token; `metadata` of a ChatKit request, any
    JSON of the page's choice. The user can write headers and metadata; only claims are verified.
    """

    user_id: str
    request_id: str = ""
    base_url: str = ""
    locale: str | None = None
    sees_hidden: bool = True
    headers: Mapping[str, str] = {}
    claims: Mapping[str, Any] = {}
    metadata: Mapping[str, Any] = {}

    def __repr__(self) -> str:
        # A log may show it, and what the caller sent is private.
        return f"RequestContext(user_id={self.user_id!r}, request_id={self.request_id!r})"

    def as_client(self) -> "RequestContext":
        """Return the context for reads whose result goes to the client."""
        return msgspec.structs.replace(self, sees_hidden=False)

    def with_metadata(self, metadata: Mapping[str, Any]) -> "RequestContext":
        """Return the context of a ChatKit request with this metadata."""
        return msgspec.structs.replace(self, metadata=metadata) if metadata else self


def is_loopback(host: str) -> bool:
    """Return True when only this machine can reach a server that listens on `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
