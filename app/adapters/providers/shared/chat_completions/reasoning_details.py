"""Reasoning details: thoughts in parts, some signed or encrypted, that a model requires back with its tool calls."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

Detail = dict[str, Any]

_TEXTS: Final = ("text", "summary", "thinking")
"""Fields whose pieces form one text: OpenRouter's two, and Claude's."""


class ReasoningDetails:
    """Details of one response; pieces of one part are joined."""

    def __init__(self) -> None:
        self._parts: list[tuple[Detail, dict[str, list[str]]]] = []

    def add(self, pieces: Iterable[Mapping[str, Any]]) -> None:
        """Add the pieces of one delta, in order."""
        for piece in pieces:
            texts = {name: piece[name] for name in _TEXTS if isinstance(piece.get(name), str)}
            rest = {name: value for name, value in piece.items() if name not in texts and value not in (None, "")}
            if self._parts and _continues(self._parts[-1][0], rest):
                known, collected = self._parts[-1]
                known.update(rest)
            else:
                collected = {}
                self._parts.append((rest, collected))
            for name, text in texts.items():
                collected.setdefault(name, []).append(text)

    def whole(self) -> list[Detail]:
        """Return the parts, each with its whole text."""
        return [{**rest, **{name: "".join(texts) for name, texts in found.items()}} for rest, found in self._parts]


def _continues(known: Detail, piece: Detail) -> bool:
    """True for a further piece of the same part; a signature ends a part, and encrypted data is whole."""
    same = all(known.get(name) == piece.get(name, known.get(name)) for name in ("type", "index", "id", "format"))
    return same and "data" not in piece and "data" not in known and "signature" not in known
