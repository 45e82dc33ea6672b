"""Host header check against DNS rebinding.

A page can point a host name of its own at this machine and is then same-origin with the server. Browsers send that
name as `Host`. An IP address cannot be pointed elsewhere, so addresses are allowed.
"""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from app.domain.language import _
from app.domain.web import Hosts, host_name, is_address
from app.entrypoints.http.errors import problem
from app.settings import Settings


def own_names(settings: Settings) -> Sequence[str]:
    """The host names in `HOST` and in the public URL of attachments."""
    public = urlsplit(settings.attachments.public_url).hostname
    return [name for name in (settings.server.host.lower(), public) if name]


def only_known_hosts(app: ASGIApp, own: Iterable[str], allowed: Hosts) -> ASGIApp:
    """Refuse requests whose `Host` is neither loopback, an address, the server's `own`, nor `allowed`."""
    names = {"localhost", *own, *(name for name in allowed if not name.startswith("*"))}
    # Browsers resolve every name below localhost to this machine, without a name server.
    endings = (".localhost", *(name.removeprefix("*") for name in allowed if name.startswith("*.")))

    def is_known(host: str) -> bool:
        return host in names or host.endswith(endings) or is_address(host)

    if "*" in allowed:
        return app

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or is_known(_host_of(scope)):
            await app(scope, receive, send)
            return
        message = _("This server is not called by that name. The operator can add it to ALLOWED_HOSTS.")
        request = Request[Any, Any, Any](scope)
        refusal = problem(request, HTTPStatus.MISDIRECTED_REQUEST, "unknown_host", message)
        await refusal.to_asgi_response(None, request)(scope, receive, send)

    return guarded


def _host_of(scope: Scope) -> str:
    return host_name(Headers.from_scope(scope).get("host", ""))
