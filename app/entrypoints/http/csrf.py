"""Pages of other origins must not use what the browser sends by itself: a cookie, or just this machine's address.

Looks at what browsers write and pages cannot forge: `Sec-Fetch-Site`, and `Origin` for browsers and addresses without
it (https://www.w3.org/TR/fetch-metadata/). Callers that are no browser send neither, and may come in.
"""

from collections.abc import Container, Mapping
from typing import Final
from urllib.parse import urlsplit

from app.domain.errors import ForbiddenOriginError
from app.domain.language import _

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN: Final = frozenset({"same-origin", "none"})


def check_origin(method: str, headers: Mapping[str, str], trusted: Container[str]) -> None:
    """Raise `ForbiddenOriginError` when a page, neither ours nor of a `trusted` origin, wants to change things."""
    if method in _SAFE or (origin := headers.get("origin", "")) in trusted:
        return
    site = headers.get("sec-fetch-site")
    is_own = site in _OWN if site else not origin or urlsplit(origin).netloc == headers.get("host", "")
    if not is_own:
        raise ForbiddenOriginError(
            _("This page may not use the server with your login. The operator can add it to CORS_ORIGINS."),
            detail="a request from a page of another origin was refused",
        )
