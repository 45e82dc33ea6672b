"""Conversation rules: the history window and titles."""

import math
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


_SUMMARY_BYTES = 8_000
_LEAST_PIECE, _MOST_PIECE = 4_000, 48_000


class HistoryWindow(msgspec.Struct, frozen=True, kw_only=True):
    """History window of a model: at most `items` thread items and about `tokens` tokens.

    One attached text counts at most `file_tokens`. `summarised` is true when a model is told a summary of what is
    before the window.
    """

    items: int
    tokens: int
    file_tokens: int = 20_000
    summarised: bool = False

    @property
    def summary_bytes(self) -> int:
        """Most bytes of a summary, which takes its place inside the window."""
        return min(_SUMMARY_BYTES, self.tokens * BYTES_PER_TOKEN // 4)

    @property
    def piece_bytes(self) -> int:
        """Most bytes of a conversation that one request of a summary holds."""
        return max(_LEAST_PIECE, min(_MOST_PIECE, self.tokens * BYTES_PER_TOKEN))

    def part(self, share: float) -> "HistoryWindow":
        """Return a window of a `share` of this one."""
        items, tokens = math.ceil(self.items * share), math.ceil(self.tokens * share)
        return msgspec.structs.replace(self, items=items, tokens=tokens)

    def attached(self, media_type: str, size: int) -> int:
        """Return the bytes of text that cost about as many tokens as an attachment of `size` bytes."""
        if media_type in IMAGES:
            return _IMAGE_TOKENS * BYTES_PER_TOKEN
        if is_text(media_type):
            return min(size, self.file_tokens * BYTES_PER_TOKEN)
        return size // _BYTES_PER_PAGE * _PAGE_TOKENS * BYTES_PER_TOKEN

    def newest(self, sizes: Sequence[int], *, reserved: int = 0) -> int:
        """Return how many of the newest entries fit; `sizes` are their bytes, oldest first.

        The last one always fits, because the model answers it. `reserved` bytes stay free.
        """
        left = self.tokens * BYTES_PER_TOKEN - reserved
        for count, size in enumerate(reversed(sizes)):
            left -= size
            if left < 0 and count:
                return count
        return len(sizes)


def within_bytes(text: str, limit: int) -> str:
    """Return the text, ended at a word when it has more than `limit` bytes."""
    encoded = text.encode(errors="replace")
    if len(encoded) <= limit:
        return encoded.decode()
    short = encoded[: limit - len("…".encode())].decode(errors="ignore")
    head, _, _ = short.rpartition(" ")
    return f"{head or short}…"


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
