"""What a file is, by its content. A name or a claim only tells one kind of text from another."""

from pathlib import PurePath
from typing import Final

from app.application.attachments.text_encoding import UnknownEncodingError, decoded
from app.domain.media_types import IMAGES, PDF, TEXTS, is_text

HEAD_BYTES: Final = 8192
"""How much of a file is looked at; all signatures that count here are within."""

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
"""Texts that a browser would run."""


def media_type(head: bytes, name: str) -> str:
    """The type of a file that begins with `head`: all of it, or `HEAD_BYTES`. Raises `UnknownEncodingError` for a text
    that cannot be read.

    It may take 50 ms, and with the first file longer: call it in a thread.
    """
    signatures = _signatures(head)
    known = next((type_ for type_ in signatures if type_ in IMAGES or type_ == PDF), "")
    if known:
        return known
    # What is no text for sure; a few letters of a text are the signature of something.
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
    # Its tables take long to read, and most servers see no file in their first minutes.
    import puremagic

    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):  # the latter for no bytes at all
        return []
    return [match.mime_type for match in matches if match.mime_type]
