"""Which pages of other origins may call the server, and with which headers."""

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
    """Let these origins in, with cookies; none for no origins, and then browsers keep all others out."""
    listed = list(origins)
    if not listed:
        return None
    return CORSConfig(
        allow_origins=listed,
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        # A page that is let in adds what its tracing, its tenants and its gateway need. Litestar answers with the
        # headers that were asked for: with cookies, browsers take no wildcard.
        allow_headers=["*"],
        expose_headers=list(_ANSWER_HEADERS),
        allow_credentials=True,
    )


def only_header_names(app: ASGIApp) -> ASGIApp:
    """Let the answer to a preflight allow names of headers alone, and at most `MOST_HEADERS`: it repeats what was asked
    for."""

    async def cleaned(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_cleaned(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                if allowed := headers.get(_ALLOWED):
                    names = [name for name in map(str.strip, allowed.split(",")) if _TOKEN.fullmatch(name)]
                    headers[_ALLOWED] = ", ".join(names[:MOST_HEADERS])
            await send(message)

        is_preflight = scope["type"] == ScopeType.HTTP and scope["method"] == "OPTIONS"
        await app(scope, receive, send_cleaned if is_preflight else send)

    return cleaned
