"""Message item of the assistant, under construction."""

import uuid
from collections.abc import Iterable
from typing import Any, Final

import msgspec
from openai.types.responses import (
    ResponseContentPartAddedEvent,
    ResponseContentPartDoneEvent,
    ResponseOutputMessage,
    ResponseOutputRefusal,
    ResponseOutputText,
    ResponseOutputTextAnnotationAddedEvent,
    ResponseRefusalDeltaEvent,
    ResponseRefusalDoneEvent,
    ResponseTextDeltaEvent,
    ResponseTextDoneEvent,
)
from openai.types.responses.response_output_text import AnnotationURLCitation

from app.adapters.providers.shared.chat_completions.citations import MOST, url_citations
from app.adapters.providers.shared.chat_completions.output_items import Events, OutputItems
from app.ports.delta_sink import DeltaReceiver

TEXT: Final = "output_text"
REFUSAL: Final = "refusal"

Content = ResponseOutputText | ResponseOutputRefusal


class Part(msgspec.Struct, kw_only=True):
    """Content part: text or refusal."""

    kind: str
    index: int
    pieces: list[str] = []
    annotations: list[AnnotationURLCitation] = []

    def content(self) -> Content:
        """Build the content part so far."""
        text = "".join(self.pieces)
        self.pieces = [text]  # A long text is put together once, not for each closing event.
        if self.kind == REFUSAL:
            return ResponseOutputRefusal(type="refusal", refusal=text)
        return ResponseOutputText(type="output_text", text=text, annotations=[*self.annotations], logprobs=[])


class MessageItem:
    """Message item with at most one text and one refusal, in order of arrival."""

    def __init__(self, outputs: OutputItems, deltas: DeltaReceiver | None = None) -> None:
        self._outputs = outputs
        self._deltas = deltas
        self._id = f"msg_{uuid.uuid4().hex}"
        self._output_index = -1
        self._parts: dict[str, Part] = {}
        self._citations: dict[tuple[str, int], AnnotationURLCitation] = {}

    def __bool__(self) -> bool:
        return bool(self._parts)

    @property
    def refused(self) -> bool:
        """True when the model sent a refusal."""
        return REFUSAL in self._parts

    def add(self, kind: str, text: str) -> Events:
        """Append `text` to the part of its kind. Text behind the first takes the delta fast path, if there is one."""
        part = self._parts.get(kind)
        if part is not None and self._deltas is not None and kind == TEXT:
            part.pieces.append(text)
            self._deltas.write(text)
            return
        if part is None:
            if not self._parts:
                self._output_index = self._outputs.next_index()
                yield self._outputs.added(self._output_index, self._item("in_progress"))
            part = self._parts[kind] = Part(kind=kind, index=len(self._parts))
            yield ResponseContentPartAddedEvent.model_validate(
                {**self._common_fields(part, "response.content_part.added"), "part": part.content()}
            )
            if kind == TEXT:
                yield from self._announce(part, self._citations.values())
        part.pieces.append(text)
        if kind == REFUSAL:
            yield ResponseRefusalDeltaEvent.model_validate(
                {**self._common_fields(part, "response.refusal.delta"), "delta": text}
            )
            return
        yield ResponseTextDeltaEvent(
            type="response.output_text.delta",
            delta=text,
            item_id=self._id,
            output_index=self._output_index,
            content_index=part.index,
            logprobs=[],
            sequence_number=self._outputs.next_number(),
        )

    def cite(self, annotations: Any) -> Events:
        """Add the citations of one delta to the text, each once; those before the text are held back."""
        part = self._parts.get(TEXT)
        for citation in url_citations(annotations):
            key = citation.url, citation.end_index
            if key in self._citations or len(self._citations) >= MOST:
                continue
            self._citations[key] = citation
            if part is not None:
                yield from self._announce(part, [citation])

    def _announce(self, part: Part, citations: Iterable[AnnotationURLCitation]) -> Events:
        for citation in citations:
            fields = self._common_fields(part, "response.output_text.annotation.added")
            place = {"annotation": citation.model_dump(), "annotation_index": len(part.annotations)}
            part.annotations.append(citation)
            yield ResponseOutputTextAnnotationAddedEvent.model_validate({**fields, **place})

    def close(self, *, always: bool = False) -> Events:
        """Yield the closing events of all parts and of the message; for an empty message nothing, unless `always`."""
        if always and not self._parts:
            self._output_index = self._outputs.next_index()
            yield self._outputs.added(self._output_index, self._item("in_progress"))
        for part in self._parts.values():
            content = part.content()
            if isinstance(content, ResponseOutputRefusal):
                yield ResponseRefusalDoneEvent.model_validate(
                    {**self._common_fields(part, "response.refusal.done"), "refusal": content.refusal}
                )
            else:
                yield ResponseTextDoneEvent.model_validate(
                    {**self._common_fields(part, "response.output_text.done"), "text": content.text, "logprobs": []}
                )
            yield ResponseContentPartDoneEvent.model_validate(
                {**self._common_fields(part, "response.content_part.done"), "part": content}
            )
        if self._parts or always:
            yield self._outputs.done(self._output_index, self._item("completed"))

    def _common_fields(self, part: Part, kind: str) -> dict[str, Any]:
        return {
            "type": kind,
            "item_id": self._id,
            "output_index": self._output_index,
            "content_index": part.index,
            "sequence_number": self._outputs.next_number(),
        }

    def _item(self, status: str) -> ResponseOutputMessage:
        return ResponseOutputMessage.model_validate(
            {
                "type": "message",
                "id": self._id,
                "role": "assistant",
                "content": [part.content() for part in self._parts.values()],
                "status": status,
                "provider_data": {"model": self._outputs.model},
            }
        )
