"""Sources: addresses and files that an answer refers to, in ChatKit's form."""

from typing import Final
from urllib.parse import urlsplit

from chatkit.types import FileSource, URLSource

MOST_SOURCES: Final = 20
"""Limit for the sources of one step."""

_URL_CHARACTERS: Final = 2_000
_TITLE_CHARACTERS: Final = 200


def url_source(url: object, title: object = None) -> URLSource | None:
    """Return the source of a web address, or None for another text; without a title its site is the title."""
    if not isinstance(url, str) or len(url) > _URL_CHARACTERS or not (site := site_of(url)):
        return None
    return URLSource(url=url, title=_title(title) or site)


def file_source(filename: object, file_id: object = None) -> FileSource | None:
    """Return the source of a file; without a name its id is the name. None without both."""
    name = _title(filename) or _title(file_id)
    return FileSource(filename=name, title=name) if name else None


def site_of(url: str) -> str:
    """Return the host of an http(s) address without `www.`; empty for another text."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.") if parts.scheme in {"http", "https"} else ""


def _title(text: object) -> str:
    return " ".join(text.split())[:_TITLE_CHARACTERS] if isinstance(text, str) else ""
