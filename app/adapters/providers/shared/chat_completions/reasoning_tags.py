"""Reasoning tags: splits reasoning in tagged text from the answer."""

from typing import Final

_OPEN: Final = ("<thought>", "<think>")
_CLOSE: Final = {"<thought>": "</thought>", "<think>": "</think>"}


class ReasoningTagSplitter:
    """Splits text into `(is_thought, text)` pieces; a tag may be spread over several deltas.

    Gemini uses `<thought>`, open models `<think>`. A tag opens reasoning only at the start of the answer, or in text
    that the upstream marks as reasoning: elsewhere it may be ordinary text.
    """

    def __init__(self) -> None:
        self._held = ""
        self._begun = False
        self._closing = ""

    @property
    def is_plain(self) -> bool:
        """True when text needs no splitting: the answer has started, and nothing is buffered."""
        return self._begun and not self._closing and not self._held

    def feed(self, text: str, *, marked: bool = False) -> list[tuple[bool, str]]:
        """Split the text so far; buffer an incomplete tag."""
        self._held += text
        pieces: list[tuple[bool, str]] = []
        while self._held and self._step(pieces, marked=marked):
            pass
        return pieces

    def finish(self) -> list[tuple[bool, str]]:
        """Return the buffered text at the end."""
        held, self._held = self._held, ""
        return [(bool(self._closing), held)] if held else []

    def _step(self, pieces: list[tuple[bool, str]], *, marked: bool) -> bool:
        """Split one piece off the buffer; False when more text is needed."""
        if self._closing:
            return self._until_close(pieces)
        if not self._begun or marked:
            start = self._held.lstrip()
            opening = next((tag for tag in _OPEN if start.startswith(tag)), "")
            if opening:
                self._closing = _CLOSE[opening]
                self._held = start[len(opening) :]
                return True
            if any(tag.startswith(start) for tag in _OPEN):
                return False
        self._begun = True
        pieces.append((marked, self._held))
        self._held = ""
        return False

    def _until_close(self, pieces: list[tuple[bool, str]]) -> bool:
        thought, tag, rest = self._held.partition(self._closing)
        if tag:
            self._held, self._closing, self._begun = rest, "", True
        else:
            torn = _torn(thought, self._closing)
            thought, self._held = thought[: len(thought) - torn], thought[len(thought) - torn :]
        if thought:
            pieces.append((True, thought))
        return bool(tag)


def _torn(text: str, tag: str) -> int:
    """Number of characters at the end of `text` that may start `tag`."""
    return next((size for size in range(min(len(tag) - 1, len(text)), 0, -1) if text.endswith(tag[:size])), 0)
