"""The page at `/` with our own front end, `/hosted` with OpenAI's, and the script that other pages may load."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from dishka.integrations.litestar import FromDishka
from litestar import Request, get
from litestar.datastructures import CacheControlHeader
from litestar.response import File
from litestar.static_files import create_static_files_router
from litestar.types import ControllerRouterHandler

from app.domain.language import _
from app.entrypoints.http.auth import OPEN
from app.entrypoints.http.errors import RefusedException
from app.settings import Settings

STATIC_FOLDER: Final = Path(__file__).parent.parent / "static"
# Built by `make web`; the wheel contains it at the same path.
_BUILD: Final = Path(__file__).parents[3] / "_web" / "chatkit.js"
FRONT_END: Final = "https://cdn.platform.openai.com"

# The built-in chat sends requests to this server alone; the policy enforces it.
_OWN_POLICY: Final = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'none'"
)
# OpenAI's element uses inline styles and runs inside a frame of its own origin.
_HOSTED_POLICY: Final = (
    f"{_OWN_POLICY}; script-src 'self' {FRONT_END}; frame-src {FRONT_END}; style-src 'self' 'unsafe-inline'"
)
_REVALIDATE: Final = CacheControlHeader(no_cache=True)


class PageConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The public configuration of the pages; it contains no secrets."""

    domain_key: str
    # True when the routes to follow and stop turns and the change feed exist.
    live: bool
    attachments: bool
    dictation: bool


@get("/config.json", include_in_schema=False, opt=OPEN)
async def config(request: Request[Any, Any, Any], settings: FromDishka[Settings]) -> PageConfig:
    """Return the configuration for a front end of this server."""
    paths = {route.path for route in request.app.routes}
    return PageConfig(
        domain_key=settings.chatkit.domain_key,
        live="/api/events" in paths,
        attachments="/api/attachments" in paths,
        dictation=bool(settings.transcription.model),
    )


@get("/", include_in_schema=False, cache_control=_REVALIDATE, opt=OPEN)
async def index() -> File:
    """Send the page with the built-in chat; without its build, a page that names the command to run."""
    return _page("index.html" if _BUILD.is_file() else "missing.html", _OWN_POLICY)


@get("/hosted", include_in_schema=False, cache_control=_REVALIDATE, opt=OPEN)
async def hosted() -> File:
    """Send the page with OpenAI's front end, which loads from OpenAI's CDN."""
    return _page("hosted.html", _HOSTED_POLICY)


@get("/chatkit.js", include_in_schema=False, cache_control=_REVALIDATE, opt=OPEN)
async def script() -> File:
    """Send our own `<openai-chatkit>` element, for this page and for pages of other origins."""
    if not _BUILD.is_file():
        raise RefusedException(
            _("The front end is not built: run `make web`, which needs Node 18 or newer."), status_code=404
        )
    return File(
        _BUILD,
        content_disposition_type="inline",
        media_type="text/javascript",
        # Pages of other origins may load it, as they load OpenAI's.
        headers={"cross-origin-resource-policy": "cross-origin"},
    )


def _page(name: str, policy: str) -> File:
    return File(
        STATIC_FOLDER / name,
        content_disposition_type="inline",
        media_type="text/html",
        headers={"content-security-policy": policy},
    )


INJECTED: Final[Sequence[ControllerRouterHandler]] = (config,)
STATIC: Final[Sequence[ControllerRouterHandler]] = (
    index,
    script,
    hosted,
    create_static_files_router(path="/static", directories=[STATIC_FOLDER], cache_control=_REVALIDATE, opt=OPEN),
)
