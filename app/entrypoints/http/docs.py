"""The API document, and the page at `/docs` that shows it. Open to all: it says what the source says."""

from typing import Any, Final

from litestar import MediaType, Request, Response, Router
from litestar.constants import OPENAPI_JSON_HANDLER_NAME
from litestar.exceptions import NotFoundException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from app.entrypoints.http.auth import OPEN
from app.entrypoints.http.openapi import Document

PATH: Final = "/docs"
# The page runs nothing and fetches nothing but its style.
_POLICY: Final = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"


def docs_pages(version: str) -> OpenAPIConfig:
    """Where the document is and what it begins with."""
    document = Document()

    async def shown(request: Request[Any, Any, Any]) -> bytes:
        if "path" in request.path_params:
            raise NotFoundException  # Litestar's own answer would be a page.
        written = await document.written(request.app)
        return written.json if request.route_handler.name == OPENAPI_JSON_HANDLER_NAME else written.page

    return OpenAPIConfig(
        title="Anyport",
        version=version,
        description="A self-hosted ChatKit server.",
        use_handler_docstrings=True,
        # For its place alone: what Litestar would write there, anew each time and on the loop, is never asked for.
        render_plugins=[JsonRenderPlugin(path="/api", media_type=MediaType.HTML)],
        openapi_router=Router(
            PATH,
            route_handlers=[],
            include_in_schema=False,
            opt=OPEN,
            before_request=shown,
            after_request=_with_policy,
        ),
    )


async def _with_policy(response: Response[object]) -> Response[object]:
    response.headers["content-security-policy"] = _POLICY
    return response
