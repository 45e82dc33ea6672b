"""The guard of all routes: one function, because Litestar copies the handler for each guard."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from app.entrypoints.http.auth import need_login
from app.entrypoints.http.encodings import check_encoding


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Check login and content encoding before the body is read. Raises what `need_login` and `check_encoding` do."""
    await need_login(connection, handler)
    check_encoding(connection)
