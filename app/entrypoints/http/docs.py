"""The API document and its page at `/docs`; both are public, as the source is."""

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
# The page runs no script and fetches only its stylesheet and icon.
_POLICY: Final = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"


class _CachedPage(OpenAPIRenderPlugin):
    """A path with a cached body: Litestar's own plugins would render the document for each request."""

    def __init__(self, path: str, media_type: MediaType | OpenAPIMediaType, body: Callable[[], bytes]) -> None:
        super().__init__(path=path, media_type=media_type)
        self._body = body

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return self._body()


def docs_pages(version: str) -> OpenAPIConfig:
    """Configure the paths and the head of the API document."""
    document = Document()

    async def prepare(request: Request[Any, Any, Any]) -> None:
        if "path" in request.path_params:
            raise NotFoundException  # Litestar would render a page.
        await document.render(request.app)

    return OpenAPIConfig(
        title="Anyport",
        version=version,
        description="A self-hosted ChatKit server.",
        use_handler_docstrings=True,
        render_plugins=[
            _CachedPage("/api", MediaType.HTML, lambda: document.rendered.page),
            _CachedPage("/openapi.json", OpenAPIMediaType.OPENAPI_JSON, lambda: document.rendered.json),
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
