"""Citations: the sources that a service names in an answer, as ChatKit's annotations."""

from typing import Any, Final

from chatkit.types import Annotation
from pydantic import BaseModel

from app.adapters.agents_sdk.output.sources import file_source, url_source
from app.domain.hosted_items import mapping_in

_MOST: Final = 50
"""Limit for one text."""


class Citations:
    """The citations of one text, in order of arrival: each place of a source once, at most `_MOST`."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int | None], Annotation] = {}

    def add(self, citation: Any) -> Annotation | None:
        """Add a citation in the form of the Responses API, and return its annotation.

        None for a repetition, for one over the limit, and for one without an address or a file.
        """
        annotation = _annotation(citation)
        if annotation is None or len(self._found) >= _MOST:
            return None
        key = annotation.source.model_dump_json(), annotation.index
        if key in self._found:
            return None
        self._found[key] = annotation
        return annotation

    def all(self) -> list[Annotation]:
        """Return the annotations with the places that the service named."""
        return list(self._found.values())

    def within(self, text: str) -> list[Annotation]:
        """Return the annotations; a place behind the end of `text` becomes its end."""
        end = len(text)
        return [
            one if one.index is None or one.index <= end else one.model_copy(update={"index": end})
            for one in self._found.values()
        ]

    def __len__(self) -> int:
        return len(self._found)


def _annotation(citation: Any) -> Annotation | None:
    fields = mapping_in(citation.model_dump(warnings=False) if isinstance(citation, BaseModel) else citation)
    match fields.get("type"):
        case "url_citation":
            source: Any = url_source(fields.get("url"), fields.get("title"))
            index = _place(fields.get("end_index"))
        case "file_citation":
            source = file_source(fields.get("filename"), fields.get("file_id"))
            index = _place(fields.get("index"))
        case "container_file_citation":
            source = file_source(fields.get("filename"), fields.get("file_id"))
            index = _place(fields.get("end_index"))
        case "file_path":  # Its index is the file's in a list.
            source, index = file_source(fields.get("filename"), fields.get("file_id")), None
        case _:
            return None
    return Annotation(source=source, index=index) if source is not None else None


def _place(index: object) -> int | None:
    """An index in the text; None for zero, which services send for an unknown place."""
    return index if isinstance(index, int) and not isinstance(index, bool) and index > 0 else None
