"""Rules of a conversation that need no store and no model."""

from collections.abc import Sequence

import msgspec

TITLE_LIMIT = 60

_BYTES_PER_TOKEN = 4
"""A rule of thumb for European languages; others take fewer bytes, so that the estimate errs on the safe side."""


class HistoryWindow(msgspec.Struct, frozen=True, kw_only=True):
    """How much of the past a model is told: at most `items` thread items, and about `tokens` tokens."""

    items: int
    tokens: int

    def newest(self, sizes: Sequence[int]) -> int:
        """How many of the newest entries fit, given the size in bytes of each, oldest first.

        The last one always fits: it is what the model is to answer.
        """
        left = self.tokens * _BYTES_PER_TOKEN
        for count, size in enumerate(reversed(sizes)):
            left -= size
            if left < 0 and count:
                return count
        return len(sizes)


def title_from(text: str) -> str | None:
    """A thread's title taken from its first message: its first line, cut at a word; None when there is no text."""
    line = " ".join(next((line for line in text.splitlines() if line.strip()), "").split())
    if len(line) <= TITLE_LIMIT:
        return line or None
    cut = line[: TITLE_LIMIT - 1]
    head, _, _ = cut.rpartition(" ")
    return f"{head or cut}…"
