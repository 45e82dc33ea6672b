"""Citations of chat completions: https://openrouter.ai/docs/features/web-search and OpenAI's search models."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from openai.types.responses.response_output_text import AnnotationURLCitation

MOST: Final = 200
"""Limit for one answer; a server may send the same list with each chunk."""


def url_citations(annotations: Any) -> Iterable[AnnotationURLCitation]:
    """Yield the citations of `delta.annotations` in the form of the Responses API; other annotations are left out."""
    for annotation in annotations if isinstance(annotations, list) else ():
        fields = annotation if isinstance(annotation, Mapping) else {}
        nested = fields.get("url_citation")
        source = nested if isinstance(nested, Mapping) else fields
        if fields.get("type") == "url_citation" and isinstance(source.get("url"), str):
            yield AnnotationURLCitation(
                type="url_citation",
                url=source["url"],
                title=title if isinstance(title := source.get("title"), str) else "",
                start_index=_place(source.get("start_index")),
                end_index=_place(source.get("end_index")),
            )


def _place(index: object) -> int:
    """An index in the text; 0 for a missing one."""
    return index if isinstance(index, int) and index > 0 else 0
