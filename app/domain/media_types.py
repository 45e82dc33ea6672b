"""Types of files, and what is done with them."""

from typing import Final

IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
"""What browsers draw and cannot run, and what models that see take."""

PDF: Final = "application/pdf"

TEXTS: Final = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".csv": "text/csv",
    ".json": "application/json",
}
"""Texts that only their names tell apart; every other text is plain."""


def is_text(media_type: str) -> bool:
    """Whether a model can be told the file as it is."""
    return media_type.startswith("text/") or media_type in TEXTS.values()
