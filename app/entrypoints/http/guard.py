"""The guard of all routes: one function, because Litestar copies the handler for each guard."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.status_codes import HTTP_415_UNSUPPORTED_MEDIA_TYPE

from app.domain.language import _
from app.entrypoints.http.auth import need_login
from app.entrypoints.http.errors import RefusedException


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Check login and content encoding before the body is read. Raises what `need_login` and `check_encoding` do."""
    await need_login(connection, handler)
    check_encoding(connection)


def check_encoding(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Refuse a compressed body, so that none can expand in memory. Raises `RefusedException` (415)."""
    if connection.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise RefusedException(
            status_code=HTTP_415_UNSUPPORTED_MEDIA_TYPE,
            detail=_("This server takes no compressed requests. Send the same without Content-Encoding."),
        )
