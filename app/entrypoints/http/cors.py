"""Which pages of other origins may call the server."""

from collections.abc import Iterable
from typing import Final

from litestar.config.cors import CORSConfig

_REQUEST_HEADERS: Final = (
    "accept-language",
    "authorization",
    "chatkit-frame-instance-id",  # ChatKit's client sends it with every request.
    "content-type",
    "last-event-id",
    "x-request-id",
)
_ANSWER_HEADERS: Final = ("retry-after", "www-authenticate", "x-request-id", "x-thread-id")


def cors_for(origins: Iterable[str]) -> CORSConfig | None:
    """Let these origins in, with cookies; none for no origins, and then browsers keep all others out."""
    listed = list(origins)
    if not listed:
        return None
    return CORSConfig(
        allow_origins=listed,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=list(_REQUEST_HEADERS),
        expose_headers=list(_ANSWER_HEADERS),
        allow_credentials=True,
    )
