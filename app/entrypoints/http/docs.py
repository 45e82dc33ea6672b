"""The API document, and the page at `/docs` that shows it. Open to all: it says what the source says."""

from typing import Any, Final

from litestar import Request, Response, Router
from litestar.exceptions import NotFoundException
from litestar.openapi import OpenAPIConfig

from app.entrypoints.http.api_page import ApiPage
from app.entrypoints.http.auth import OPEN
from app.entrypoints.http.openapi import Document

PATH: Final = "/docs"
# The page runs nothing and fetches nothing but its style.
_POLICY: Final = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"


def docs_pages(version: str) -> OpenAPIConfig:
    """Where the document is and what it begins with."""
    document = Document()

    async def prepare(request: Request[Any, Any, Any]) -> None:
        if "path" in request.path_params:
            raise NotFoundException  # Litestar's own answer would be a page.
        await document.written(request)

    return OpenAPIConfig(
        title="Anyport",
        version=version,
        description="A self-hosted ChatKit server.",
        use_handler_docstrings=True,
        render_plugins=[ApiPage()],
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
    return response
