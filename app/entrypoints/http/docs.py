"""The API document, and the page at `/docs` that shows it. Open to all: it says what the source says."""

from collections.abc import Callable
from typing import Any, Final

from litestar import MediaType, Request, Response, Router
from litestar.enums import OpenAPIMediaType
from litestar.exceptions import NotFoundException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin

from app.entrypoints.http.auth import OPEN
from app.entrypoints.http.openapi import Document

PATH: Final = "/docs"
# The page runs nothing and fetches nothing but its style.
_POLICY: Final = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"


class _Kept(OpenAPIRenderPlugin):
    """A place, and what was written for it: Litestar's own plugins would write it anew for each request."""

    def __init__(self, path: str, media_type: MediaType | OpenAPIMediaType, kept: Callable[[], bytes]) -> None:
        super().__init__(path=path, media_type=media_type)
        self._kept = kept

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return self._kept()


def docs_pages(version: str) -> OpenAPIConfig:
    """Where the document is and what it begins with."""
    document = Document()

    async def prepare(request: Request[Any, Any, Any]) -> None:
        if "path" in request.path_params:
            raise NotFoundException  # Litestar's own answer would be a page.
        await document.write(request.app)

    return OpenAPIConfig(
        title="Anyport",
        version=version,
        description="A self-hosted ChatKit server.",
        use_handler_docstrings=True,
        render_plugins=[
            _Kept("/api", MediaType.HTML, lambda: document.written.page),
            _Kept("/openapi.json", OpenAPIMediaType.OPENAPI_JSON, lambda: document.written.json),
        ],
        openapi_router=Router(
            PATH,
            route_handlers=[],
            include_in_schema=False,
            opt=OPEN,
            before_request=prepare,
            after_request=_with_policy,
        ),
    )


async def _with_policy(response: Response[object]) -> Response[object]:
    response.headers["content-security-policy"] = _POLICY
    response.headers["cache-control"] = "no-cache"
    return response
