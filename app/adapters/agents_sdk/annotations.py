"""Links from an answer to the tasks that it names."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from chatkit.types import Annotation, EntitySource

_ID: Final = re.compile(r"task_[0-9a-f]{32}")
_SHORTEST: Final = 3
"""Characters of a title that is looked for; shorter ones stand in every other sentence by chance."""

_MOST: Final = 20
"""Links in one message."""


class Annotator:
    """Knows the tasks that tools returned in this turn, and finds their titles in what is said afterwards."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    def returned(self, result: str) -> None:
        """Remember the tasks in a tool's result; one that was renamed since goes by its new title."""
        try:
            found = msgspec.json.decode(result)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return
        for task_id, title in _tasks_in(found):
            self._ids = {known: task for known, task in self._ids.items() if task != task_id}
            self._ids[title] = task_id

    def annotate(self, text: str) -> list[Annotation]:
        """A link behind the first place where each title stands, letter by letter and as words of its own."""
        taken: list[range] = []
        for title in sorted(self._ids, key=len, reverse=True):
            places = (range(*match.span()) for match in re.finditer(rf"(?<!\w){re.escape(title)}(?!\w)", text))
            # A longer title that contains a shorter one is what was meant.
            free = (place for place in places if not any(place.start in other for other in taken))
            if (place := next(free, None)) is not None:
                taken.append(place)
        ordered = sorted(taken, key=lambda place: place.start)[:_MOST]
        return [self._link(text[place.start : place.stop], place.stop) for place in ordered]

    def _link(self, title: str, index: int) -> Annotation:
        source = EntitySource(
            id=self._ids[title], title=title, icon="notebook", interactive=True, data={"type": "task"}
        )
        return Annotation(source=source, index=index)


def _tasks_in(found: Any) -> Iterator[tuple[str, str]]:
    """The ids and titles of the tasks in a result: one under the name of what was done, or a list of them."""
    match found:
        case {"id": str(task_id), "title": str(title)}:
            if _ID.fullmatch(task_id) and len(title) >= _SHORTEST:
                yield task_id, title
        case {"deleted": _}:
            return  # There is nothing to link to any more.
        case Mapping():
            for value in found.values():
                yield from _tasks_in(value)
        case list():
            for value in found:
                yield from _tasks_in(value)
