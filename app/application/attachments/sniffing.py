"""Content sniffing: the media type from the first bytes; the name only distinguishes kinds of text."""

from pathlib import PurePath
from typing import Final

from app.application.attachments.text_encoding import UnknownEncodingError, decoded
from app.domain.media_types import IMAGES, PDF, TEXTS, is_text

HEAD_BYTES: Final = 8192
"""Bytes at the beginning of a file that are examined; all relevant signatures are within."""

UNKNOWN: Final = "application/octet-stream"

_MARKUP: Final = {
    "<!doctype html": "text/html",
    "<html": "text/html",
    "<head": "text/html",
    "<body": "text/html",
    "<script": "text/html",
    "<svg": "image/svg+xml",
    "<?xml": "application/xml",
    "<!doctype svg": "image/svg+xml",
}
"""Beginnings of texts that a browser would execute or render."""


def media_type(head: bytes, name: str) -> str:
    """The media type of a file from its first `HEAD_BYTES` bytes. Raises `UnknownEncodingError`.

    Blocking, up to 50 ms, longer for the first file: call it in a thread.
    """
    signatures = _signatures(head)
    known = next((type_ for type_ in signatures if type_ in IMAGES or type_ == PDF), "")
    if known:
        return known
    # A binary type; some signatures are plain letters, which a text may begin with.
    other = next((type_ for type_ in signatures if not is_text(type_)), UNKNOWN)
    try:
        text = decoded(head, whole=len(head) < HEAD_BYTES)
    except UnknownEncodingError:
        if other == UNKNOWN:
            raise
        return other
    if text is None:
        return other
    start = text.lstrip("\ufeff \t\r\n\f").lower()
    markup = next((type_ for mark, type_ in _MARKUP.items() if start.startswith(mark)), "")
    return markup or TEXTS.get(PurePath(name).suffix.lower(), "text/plain")


def _signatures(head: bytes) -> list[str]:
    # Imported on first use, because its tables take long to load.
    import puremagic

    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):  # the latter for no bytes at all
        return []
    return [match.mime_type for match in matches if match.mime_type]
