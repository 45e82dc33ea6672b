"""Rules of a conversation that need no store and no model."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

import msgspec

from app.domain.media_types import IMAGES, is_text

TITLE_LIMIT = 60

BYTES_PER_TOKEN = 4
"""A rule of thumb for European languages; others take fewer bytes, so that the estimate errs on the safe side."""

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co"})
"""Unicode's categories of controls, directions, halves of characters and private use."""

_JOINERS: Final = "\u200c\u200d"
"""Unseen too, but Persian is written and emoji are joined with them."""

_TAG: Final = re.compile(r"</?[A-Za-z][^<>]{0,80}>")
_MARKUP: Final = re.compile(r"^(?:#+|>+|[-*+]|\d{1,2}[.)])\s+|[*_`~]{2,}|`|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)")
_LABEL: Final = re.compile(r"^(?:title|titel|titre|タイトル|العنوان)\s*[:：]\s*", re.IGNORECASE)
_FRAME: Final = " \t\"'“”„‚‘’«»‹›「」『』.。"


_IMAGE_TOKENS = 1_000
"""What a photo costs at OpenAI and Gemini, more or less."""

_BYTES_PER_PAGE, _PAGE_TOKENS = 50_000, 500
"""A page of a PDF with pictures on it."""


class HistoryWindow(msgspec.Struct, frozen=True, kw_only=True):
    """How much of the past a model is told: at most `items` thread items, and about `tokens` tokens;
    of one attached text, `file_tokens`."""

    items: int
    tokens: int
    file_tokens: int = 20_000

    def attached(self, media_type: str, size: int) -> int:
        """About as many bytes of text as an attachment of `size` bytes is worth."""
        if media_type in IMAGES:
            return _IMAGE_TOKENS * BYTES_PER_TOKEN
        if is_text(media_type):
            return min(size, self.file_tokens * BYTES_PER_TOKEN)
        return size // _BYTES_PER_PAGE * _PAGE_TOKENS * BYTES_PER_TOKEN

    def newest(self, sizes: Sequence[int]) -> int:
        """How many of the newest entries fit, given the size in bytes of each, oldest first.

        The last one always fits: it is what the model is to answer.
        """
        left = self.tokens * BYTES_PER_TOKEN
        for count, size in enumerate(reversed(sizes)):
            left -= size
            if left < 0 and count:
                return count
        return len(sizes)


def title_from(text: str) -> str | None:
    """A thread's title taken from its first message: its first line, cut at a word; None when there is no text."""
    return _cut(next((line for line in map(_visible, text.splitlines()) if line), ""))


def clean_title(text: str) -> str | None:
    """What a model wrote as a title, as plain text: without quotes, markup and a full stop; None for nothing."""
    for line in text.splitlines():
        plain = _MARKUP.sub("", _TAG.sub("", _visible(line)))
        plain = _LABEL.sub("", plain).strip(_FRAME)
        if plain:
            return _cut(plain)
    return None


def _visible(line: str) -> str:
    """On one line, without what cannot be seen and may turn the rest around."""
    kept = (one for one in line if one in _JOINERS or one.isspace() or unicodedata.category(one) not in _UNSEEN)
    return " ".join("".join(kept).split()).strip(_JOINERS)


def _cut(line: str) -> str | None:
    if len(line) <= TITLE_LIMIT:
        return line or None
    cut = line[: TITLE_LIMIT - 1]
    head, _, _ = cut.rpartition(" ")
    return f"{head or cut}…"
