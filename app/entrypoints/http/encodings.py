"""Content encodings: compressed bodies are refused, so that none can expand in memory."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.status_codes import HTTP_415_UNSUPPORTED_MEDIA_TYPE

from app.domain.language import _
from app.entrypoints.http.errors import RefusedException


def check_encoding(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Refuse a compressed body before it is read. Raises `RefusedException` (415)."""
    if connection.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise RefusedException(
            status_code=HTTP_415_UNSUPPORTED_MEDIA_TYPE,
            detail=_("This server takes no compressed requests. Send the same without Content-Encoding."),
        )
