"""Security headers of every response: no content sniffing, no foreign frames, no caching of personal data."""

from collections.abc import Iterable
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

# For responses without a policy of their own: opened as a page, such a response can load and run nothing.
_NO_PAGE: Final = b"default-src 'none'"
_SAME_ORIGIN: Final = b"same-origin"
# For responses without a `cache-control` of their own; errors never have one.
_NO_STORE: Final = b"no-store"

Header = tuple[bytes, bytes]


def protect_answers(app: ASGIApp, frame_ancestors: Iterable[str]) -> ASGIApp:
    """Add the security headers; a page's own policy is extended by `frame-ancestors`."""
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
    """Merge the headers in one pass; Litestar's mapping would search all of them for each one that is set."""
    policy, referrer, caching, others = _NO_PAGE, _SAME_ORIGIN, _NO_STORE, []
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
                others.append((name, value))
    return [
        *others,
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", referrer),
        (b"cache-control", caching),
        (b"content-security-policy", policy + framed),
    ]
