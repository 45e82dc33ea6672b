"""What browsers and proxies are told about every answer: take it for what it says it is, let nobody frame it, and keep
none that may be personal."""

from collections.abc import Iterable
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

# For answers that are no page and bring no policy: were one shown as a page, it could do nothing.
_NO_PAGE: Final = b"default-src 'none'"
_SAME_ORIGIN: Final = b"same-origin"
# For all that do not say themselves how long they may be kept, as pages, scripts and previews do; errors never do.
_NOT_KEPT: Final = b"no-store"

Header = tuple[bytes, bytes]


def protect_answers(app: ASGIApp, frame_ancestors: Iterable[str]) -> ASGIApp:
    """Add the headers; pages bring their own policy, which then says who may frame them."""
    ancestors = " ".join(["'self'", *frame_ancestors])
    framed = f"; frame-ancestors {ancestors}".encode()

    async def protected(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _protected(message["headers"], framed)
            await send(message)

        await app(scope, receive, send_protected if scope["type"] == ScopeType.HTTP else send)

    return protected


def _protected(given: Iterable[Header], framed: bytes) -> list[Header]:
    """In one pass over the raw headers: Litestar's mapping of them searches all for each that is set."""
    policy, referrer, caching, kept = _NO_PAGE, _SAME_ORIGIN, _NOT_KEPT, []
    for name, value in given:
        match name.lower():
            case b"content-security-policy":
                policy = value
            case b"referrer-policy":
                referrer = value
            case b"cache-control":
                caching = value
            case b"x-content-type-options":
                pass
            case _:
                kept.append((name, value))
    return [
        *kept,
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", referrer),
        (b"cache-control", caching),
        (b"content-security-policy", policy + framed),
    ]
