"""Media types of files: images, PDF and texts."""

from typing import Final

IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
"""Images that browsers show without running code, and that vision models accept."""

PDF: Final = "application/pdf"

TEXTS: Final = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".csv": "text/csv",
    ".json": "application/json",
}
"""Text types by file extension; every other text is plain."""


def image_type(head: bytes) -> str:
    """Return the type of an image from its first 12 bytes or more; PNG for unknown bytes."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    starts = {b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
    return next((type_ for start, type_ in starts.items() if head.startswith(start)), "image/png")


def is_text(media_type: str) -> bool:
    """Return True for a text, which every model reads unchanged."""
    return media_type.startswith("text/") or media_type in TEXTS.values()
