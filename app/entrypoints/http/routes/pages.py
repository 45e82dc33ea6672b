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
# What `make web` builds; the wheel carries it in the same place.
_BUILD: Final = Path(__file__).parents[3] / "_web" / "chatkit.js"
FRONT_END: Final = "https://cdn.platform.openai.com"

# The built-in chat speaks to this server alone, and the browser holds it to that.
_OWN_POLICY: Final = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'none'"
)
# OpenAI's element draws itself with styles of its own and works inside a frame from its own address.
_HOSTED_POLICY: Final = (
    f"{_OWN_POLICY}; script-src 'self' {FRONT_END}; frame-src {FRONT_END}; style-src 'self' 'unsafe-inline'"
)
_ALWAYS_ASK: Final = CacheControlHeader(no_cache=True)


class PageConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What the pages cannot know by themselves; none of it is secret."""

    domain_key: str
    # Whether the front end may rejoin and stop turns, and hear of other tabs' changes.
    live: bool
    attachments: bool
    dictation: bool


@get("/config.json", include_in_schema=False, opt=OPEN)
async def config(request: Request[Any, Any, Any], settings: FromDishka[Settings]) -> PageConfig:
    """What a front end has to be told about this server."""
    paths = {route.path for route in request.app.routes}
    return PageConfig(
        domain_key=settings.chatkit.domain_key,
        live="/api/events" in paths,
        attachments="/api/attachments" in paths,
        dictation=bool(settings.transcription.model),
    )


@get("/", include_in_schema=False, cache_control=_ALWAYS_ASK, opt=OPEN)
async def index() -> File:
    """The page with the built-in chat, which works in a closed network; without its build, what to do about that."""
    return _page("index.html" if _BUILD.is_file() else "missing.html", _OWN_POLICY)


@get("/hosted", include_in_schema=False, cache_control=_ALWAYS_ASK, opt=OPEN)
async def hosted() -> File:
    """The page with OpenAI's own front end, for a browser that can reach it."""
    return _page("hosted.html", _HOSTED_POLICY)


@get("/chatkit.js", include_in_schema=False, cache_control=_ALWAYS_ASK, opt=OPEN)
async def script() -> File:
    """Our own `<openai-chatkit>`, for this page and for others that name it in place of OpenAI's."""
    if not _BUILD.is_file():
        raise RefusedException(
            _("The front end is not built: run `make web`, which needs Node 18 or newer."), status_code=404
        )
    return File(
        _BUILD,
        content_disposition_type="inline",
        media_type="text/javascript",
        # Another origin's page may run it, as it would run OpenAI's.
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
    create_static_files_router(path="/static", directories=[STATIC_FOLDER], cache_control=_ALWAYS_ASK, opt=OPEN),
)
