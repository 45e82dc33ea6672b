"""What a file is, by its content. A name or a claim only tells one kind of text from another."""

import codecs
from pathlib import PurePath
from typing import Final

from app.domain.media_types import IMAGES, PDF, TEXTS, is_text

HEAD_BYTES: Final = 8192
"""How much of a file is looked at; all signatures that count here are within."""

UNKNOWN: Final = "application/octet-stream"

_CONTROLS: Final = bytes({*range(32), 127} - set(b"\t\n\r\f\x1b"))
_MARKUP: Final = {
    b"<!doctype html": "text/html",
    b"<html": "text/html",
    b"<head": "text/html",
    b"<body": "text/html",
    b"<script": "text/html",
    b"<svg": "image/svg+xml",
    b"<?xml": "application/xml",
    b"<!doctype svg": "image/svg+xml",
}
"""Texts that a browser would run."""


def media_type(head: bytes, name: str) -> str:
    """The type of a file that begins with `head`."""
    signatures = _signatures(head)
    known = next((type_ for type_ in signatures if type_ in IMAGES or type_ == PDF), "")
    if known:
        return known
    if not _is_text(head):
        # A signature such as that of UTF-16 makes no text that a model could be told.
        return next((type_ for type_ in signatures if not is_text(type_)), UNKNOWN)
    start = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
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


def _is_text(head: bytes) -> bool:
    """UTF-8 without control characters; the last character may be cut."""
    if head.translate(None, _CONTROLS) != head:
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True
