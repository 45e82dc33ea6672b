"""Workflow memory: puts the thread's history before the newest message, which is all that exported code passes on."""

from collections.abc import Sequence
from typing import Any

from agents.items import TResponseInputItem

Items = list[TResponseInputItem]


class WorkflowMemory:
    """The model input of one turn: `history` before the newest message, and `newest` with its files and mentions.

    `text` is that message as the code gets it, and `behind` follows the input of the first run.
    """

    def __init__(self, history: Items, newest: Items, text: str, behind: Items) -> None:
        self._history = history
        self._newest = newest if _has_more_than(newest, text) else []
        self._text = text
        self._behind = behind
        self._is_first = True

    def before(self, given: Any) -> Any:
        """Return the input of a run with the history before it.

        That of the first run always has it, and that of each later run that begins with the newest message: without
        it the agent that answers behind a classifier would know nothing of the conversation.
        """
        first, self._is_first = self._is_first, False
        if not isinstance(given, str | list):
            return given
        items: Any = [{"role": "user", "content": given}] if isinstance(given, str) else given
        begins = bool(items) and _text_of(items[0]) == self._text
        if self._history and items[: len(self._history)] == self._history:
            return given
        if begins and self._newest:
            items = [*self._newest, *items[1:]]
        behind = self._behind if first else []
        if not (self._history and (first or begins)) and not behind and items[:1] != self._newest[:1]:
            return given
        return [*(self._history if first or begins else ()), *items, *behind]


def _text_of(item: Any) -> str | None:
    """The text of a message of the user; None for any other item."""
    if not isinstance(item, dict) or item.get("role") != "user":
        return None
    content = item.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))


def _has_more_than(newest: Sequence[Any], text: str) -> bool:
    """True for a message with files, a quote or mentions."""
    [item, *others] = newest or [None]
    kinds = {part.get("type") for part in item["content"]} if isinstance(item, dict) and newest else set()
    return bool(others) or bool(kinds - {"input_text"}) or (bool(newest) and _text_of(item) != text)
