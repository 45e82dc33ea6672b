"""Thinking that arrives as tagged text within the answer, told apart from the answer."""

from typing import Final

_OPEN: Final = ("<thought>", "<think>")
_CLOSE: Final = {"<thought>": "</thought>", "<think>": "</think>"}


class ThoughtSplitter:
    """Splits text into `(is_thought, text)` pieces; a tag may be torn over any number of deltas.

    Gemini uses `<thought>`, open models `<think>`. A tag opens a thought only where the answer begins, or where the
    upstream marks the text as one: elsewhere an answer may well speak of tags.
    """

    def __init__(self) -> None:
        self._held = ""
        self._begun = False
        self._closing = ""

    @property
    def is_plain(self) -> bool:
        """Text can pass untouched: the answer has begun, and nothing is held back."""
        return self._begun and not self._closing and not self._held

    def feed(self, text: str, *, marked: bool = False) -> list[tuple[bool, str]]:
        """What can be told apart so far."""
        self._held += text
        pieces: list[tuple[bool, str]] = []
        while self._held and self._step(pieces, marked=marked):
            pass
        return pieces

    def finish(self) -> list[tuple[bool, str]]:
        """What is still held back at the end."""
        held, self._held = self._held, ""
        return [(bool(self._closing), held)] if held else []

    def _step(self, pieces: list[tuple[bool, str]], *, marked: bool) -> bool:
        """Take one piece off what is held; False when more text is needed to decide."""
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
    """How many characters at the end of `text` may be the beginning of `tag`."""
    return next((size for size in range(min(len(tag) - 1, len(text)), 0, -1) if text.endswith(tag[:size])), 0)
