"""CSRF protection: pages of other origins must not use the cookie, or the address, that the browser sends by itself.

The check reads headers that pages cannot forge: `Sec-Fetch-Site`, and `Origin` where a browser sends no
`Sec-Fetch-Site` (https://www.w3.org/TR/fetch-metadata/). Clients other than browsers send neither, and are allowed.
"""

from collections.abc import Container, Mapping
from typing import Final
from urllib.parse import urlsplit

from app.domain.errors import ForbiddenOriginError
from app.domain.language import _

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN: Final = frozenset({"same-origin", "none"})


def check_origin(method: str, headers: Mapping[str, str], trusted: Container[str]) -> None:
    """Raise `ForbiddenOriginError` for an unsafe method from a page of a foreign origin that is not `trusted`."""
    if method in _SAFE or (origin := headers.get("origin", "")) in trusted:
        return
    site = headers.get("sec-fetch-site")
    is_own = site in _OWN if site else not origin or urlsplit(origin).netloc == headers.get("host", "")
    if not is_own:
        raise ForbiddenOriginError(
            _("This page may not use the server with your login. The operator can add it to CORS_ORIGINS."),
            detail="a request from a page of another origin was refused",
        )
