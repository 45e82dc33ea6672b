"""Annotations: links from an answer's text to the tasks that the text names."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from chatkit.types import Annotation, EntitySource

_ID: Final = re.compile(r"task_[0-9a-f]{32}")
_MIN_TITLE_CHARACTERS: Final = 3
"""Shorter titles get no link: they occur by chance in many sentences."""

_MAX_LINKS: Final = 20
"""Limit for one message."""


class Annotator:
    """Remembers the tasks that tools returned in this turn, and finds their titles in the texts that follow."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    def remember(self, result: str) -> None:
        """Remember the tasks in a tool's result; a new title replaces the task's old one. Other text is ignored."""
        try:
            found = msgspec.json.decode(result)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return
        for task_id, title in _tasks_in(found):
            self._ids = {known: task for known, task in self._ids.items() if task != task_id}
            self._ids[title] = task_id

    def annotate(self, text: str) -> list[Annotation]:
        """Return a link for the first exact occurrence of each title as whole words, in the text's order."""
        taken: list[range] = []
        for title in sorted(self._ids, key=len, reverse=True):
            places = (range(*match.span()) for match in re.finditer(rf"(?<!\w){re.escape(title)}(?!\w)", text))
            # A longer title wins over a shorter one inside it.
            free = (place for place in places if not any(place.start in other for other in taken))
            if (place := next(free, None)) is not None:
                taken.append(place)
        ordered = sorted(taken, key=lambda place: place.start)[:_MAX_LINKS]
        return [self._link(text[place.start : place.stop], place.stop) for place in ordered]

    def _link(self, title: str, index: int) -> Annotation:
        source = EntitySource(
            id=self._ids[title], title=title, icon="notebook", interactive=True, data={"type": "task"}
        )
        return Annotation(source=source, index=index)


def _tasks_in(found: Any) -> Iterator[tuple[str, str]]:
    """The ids and titles of the tasks in a result, at any depth of its objects and lists."""
    match found:
        case {"id": str(task_id), "title": str(title)}:
            if _ID.fullmatch(task_id) and len(title) >= _MIN_TITLE_CHARACTERS:
                yield task_id, title
        case {"deleted": _}:
            return  # A deleted task has no page to link to.
        case Mapping():
            for value in found.values():
                yield from _tasks_in(value)
        case list():
            for value in found:
                yield from _tasks_in(value)
