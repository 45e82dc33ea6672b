"""The page at `/`: where things are, and a chat to try them with; at `/hosted` the same chat in OpenAI's front end."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
from dishka.integrations.litestar import FromDishka
from litestar import get
from litestar.datastructures import CacheControlHeader
from litestar.response import File
from litestar.static_files import create_static_files_router
from litestar.types import ControllerRouterHandler

from app.entrypoints.http.auth import OPEN
from app.settings import Settings

STATIC_FOLDER: Final = Path(__file__).parent.parent / "static"
FRONT_END: Final = "https://cdn.platform.openai.com"

# The built-in chat speaks to this server alone, and the browser holds it to that.
_OWN_POLICY: Final = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'"
# OpenAI's element draws itself with styles of its own and works inside a frame from its own address.
_HOSTED_POLICY: Final = (
    f"{_OWN_POLICY}; script-src 'self' {FRONT_END}; frame-src {FRONT_END}; style-src 'self' 'unsafe-inline'"
)
_ALWAYS_ASK: Final = CacheControlHeader(no_cache=True)


class PageConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What the pages cannot know by themselves; none of it is secret."""

    domain_key: str


@get("/config.json", include_in_schema=False, opt=OPEN)
async def config(settings: FromDishka[Settings]) -> PageConfig:
    """What OpenAI's front end has to be told about this server."""
    return PageConfig(domain_key=settings.chatkit.domain_key)


@get("/", include_in_schema=False, cache_control=_ALWAYS_ASK, opt=OPEN)
async def index() -> File:
    """The page with the built-in chat, which works in a closed network."""
    return _page("index.html", _OWN_POLICY)


@get("/hosted", include_in_schema=False, cache_control=_ALWAYS_ASK, opt=OPEN)
async def hosted() -> File:
    """The page with OpenAI's own front end, for a browser that can reach it."""
    return _page("hosted.html", _HOSTED_POLICY)


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
    hosted,
    create_static_files_router(path="/static", directories=[STATIC_FOLDER], cache_control=_ALWAYS_ASK, opt=OPEN),
)
