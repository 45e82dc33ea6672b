"""The API document, and the page at `/docs` that shows it. Open to all: it says what the source says."""

from typing import Final

from litestar import Response, Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import ScalarRenderPlugin

from app.entrypoints.http.auth import OPEN
from app.entrypoints.http.openapi import Document

PATH: Final = "/docs"
_CDN: Final = "https://cdn.jsdelivr.net"
# Scalar comes from there, and writes styles of its own.
_POLICY: Final = (
    f"default-src 'self'; script-src {_CDN}; style-src 'self' 'unsafe-inline' {_CDN}; img-src 'self' data: {_CDN}; "
    f"font-src 'self' data: https://fonts.scalar.com; object-src 'none'; base-uri 'none'; form-action 'none'"
)


def docs_pages(version: str) -> OpenAPIConfig:
    """Where the document is and what it begins with."""
    return OpenAPIConfig(
        title="Anyport",
        version=version,
        description="A self-hosted ChatKit server.",
        render_plugins=[ScalarRenderPlugin()],
        openapi_router=Router(
            PATH,
            route_handlers=[],
            include_in_schema=False,
            opt=OPEN,
            before_request=Document().written,
            after_request=_with_policy,
        ),
    )


async def _with_policy(response: Response[object]) -> Response[object]:
    response.headers["content-security-policy"] = _POLICY
    return response
