"""Conversation rules: the history window and titles."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

import msgspec

from app.domain.media_types import IMAGES, is_text

TITLE_LIMIT = 60

BYTES_PER_TOKEN = 4
"""Estimate for European languages; other languages have fewer bytes a token, so it errs on the safe side."""

_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co"})
"""Unicode's categories of controls, directions, halves of characters and private use."""

_JOINERS: Final = "\u200c\u200d"
"""Invisible too, but Persian and joined emoji need them."""

_TAG: Final = re.compile(r"</?[A-Za-z][^<>]{0,80}>")
_MARKUP: Final = re.compile(r"^(?:#+|>+|[-*+]|\d{1,2}[.)])\s+|[*_`~]{2,}|`|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)")
_LABEL: Final = re.compile(r"^(?:title|titel|titre|タイトル|العنوان)\s*[:：]\s*", re.IGNORECASE)
_FRAME: Final = " \t\"'“”„‚‘’«»‹›「」『』.。"


_IMAGE_TOKENS = 1_000
"""Approximate tokens of a photo at OpenAI and Gemini."""

_BYTES_PER_PAGE, _PAGE_TOKENS = 50_000, 500
"""Approximate size and tokens of a PDF page with pictures."""


class HistoryWindow(msgspec.Struct, frozen=True, kw_only=True):
    """History window of a model: at most `items` thread items and about `tokens` tokens.

    One attached text counts at most `file_tokens`.
    """

    items: int
    tokens: int
    file_tokens: int = 20_000

    def attached(self, media_type: str, size: int) -> int:
        """Return the bytes of text that cost about as many tokens as an attachment of `size` bytes."""
        if media_type in IMAGES:
            return _IMAGE_TOKENS * BYTES_PER_TOKEN
        if is_text(media_type):
            return min(size, self.file_tokens * BYTES_PER_TOKEN)
        return size // _BYTES_PER_PAGE * _PAGE_TOKENS * BYTES_PER_TOKEN

    def newest(self, sizes: Sequence[int]) -> int:
        """Return how many of the newest entries fit; `sizes` are their bytes, oldest first.

        The last one always fits, because the model answers it.
        """
        left = self.tokens * BYTES_PER_TOKEN
        for count, size in enumerate(reversed(sizes)):
            left -= size
            if left < 0 and count:
                return count
        return len(sizes)


def title_from(text: str) -> str | None:
    """Return a title from the first line of a message, shortened at a word; None without text."""
    return _shorten(next((line for line in map(_visible, text.splitlines()) if line), ""))


def clean_title(text: str) -> str | None:
    """Return a model's title as plain text, without quotes, markup and a final full stop; None when empty."""
    for line in text.splitlines():
        plain = _MARKUP.sub("", _TAG.sub("", _visible(line)))
        plain = _LABEL.sub("", plain).strip(_FRAME)
        if plain:
            return _shorten(plain)
    return None


def _visible(line: str) -> str:
    """Return the line without invisible characters, which may reverse its direction."""
    visible = (one for one in line if one in _JOINERS or one.isspace() or unicodedata.category(one) not in _INVISIBLE)
    return " ".join("".join(visible).split()).strip(_JOINERS)


def _shorten(line: str) -> str | None:
    if len(line) <= TITLE_LIMIT:
        return line or None
    short = line[: TITLE_LIMIT - 1]
    head, _, _ = short.rpartition(" ")
    return f"{head or short}…"
