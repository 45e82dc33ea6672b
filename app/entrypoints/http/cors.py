"""CORS: the origins, methods and headers that pages of other origins may use."""

import re
from collections.abc import Iterable
from typing import Final

from litestar.config.cors import CORSConfig
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

_ALLOWED: Final = "access-control-allow-headers"
MOST_HEADERS: Final = 100
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_ANSWER_HEADERS: Final = ("retry-after", "www-authenticate", "x-request-id", "x-thread-id")


def cors_for(origins: Iterable[str]) -> CORSConfig | None:
    """Allow these origins, with cookies; None without origins, and browsers then block all of them."""
    listed = list(origins)
    if not listed:
        return None
    return CORSConfig(
        allow_origins=listed,
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        # Pages add headers for tracing, tenants and gateways. Litestar echoes the requested names, because browsers
        # accept no wildcard together with cookies.
        allow_headers=["*"],
        expose_headers=list(_ANSWER_HEADERS),
        allow_credentials=True,
    )


def only_header_names(app: ASGIApp) -> ASGIApp:
    """Filter the header names that a preflight response echoes: valid names only, at most `MOST_HEADERS`."""

    async def filtered(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_filtered(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                if allowed := headers.get(_ALLOWED):
                    names = [name for name in map(str.strip, allowed.split(",")) if _TOKEN.fullmatch(name)]
                    headers[_ALLOWED] = ", ".join(names[:MOST_HEADERS])
            await send(message)

        is_preflight = scope["type"] == ScopeType.HTTP and scope["method"] == "OPTIONS"
        await app(scope, receive, send_filtered if is_preflight else send)

    return filtered
