"""Message: one assistant message while it grows, from the first delta to the finished item."""

from collections.abc import Sequence
from typing import Any, Protocol

from chatkit.types import (
    Annotation,
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartAnnotationAdded,
    AssistantMessageContentPartDone,
    AssistantMessageItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemReplacedEvent,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
)

from app.adapters.agents_sdk.output.annotations import Annotator
from app.adapters.agents_sdk.output.citations import Citations
from app.application.turns.endings import incomplete
from app.chatkit_json.item_fields import IncompleteReason
from app.domain.clock import clock


class MessageOutlet(Protocol):
    """The part of the outlet that a message writes to."""

    thread_id: str
    incomplete: IncompleteReason | None
    annotator: Annotator

    def emit(self, event: ThreadStreamEvent) -> None:
        """Queue an event."""

    def text(self, message_id: str, part: int, delta: str) -> None:
        """Send a text delta of a message."""

    def yield_after(self, size: int) -> None:
        """Add a cooperative yield after an event of this many characters."""


class Message:
    """One assistant message while it grows; its id is the store's, the same from added to done."""

    def __init__(self, outlet: MessageOutlet, item_id: str) -> None:
        self.id = item_id
        self._outlet = outlet
        self._created_at = clock.now()
        self._parts: dict[int, list[str]] = {}
        self._citations: dict[int, Citations] = {}
        self._closed: AssistantMessageItem | None = None

    def open(self) -> None:
        """Announce the message without any text."""
        self._outlet.emit(ThreadItemAddedEvent(item=self._item([])))

    def add(self, part: int, delta: str) -> None:
        """Append text to the part with this index; the first text announces the part."""
        if part not in self._parts:
            self._parts[part] = []
            content = AssistantMessageContent(text="")
            self._update(AssistantMessageContentPartAdded(content_index=part, content=content))
            if part in self._citations:
                self._announce(part, self._citations[part].all())
        self._parts[part].append(delta)
        self._outlet.text(self.id, part, delta)

    def cite(self, part: int, citation: object) -> None:
        """Add a citation to the part, in the form of the Responses API; it is announced once the part has text."""
        citations = self._citations.setdefault(part, Citations())
        annotation = citations.add(citation)
        if annotation is not None and part in self._parts:
            self._announce(part, [annotation], len(citations) - 1)

    def finish_part(self, part: int, text: str) -> None:
        """Mark a part as done; a part that came without deltas is shown now."""
        if part not in self._parts and text:
            self.add(part, text)
        if part in self._parts:
            text = self._text(part)
            content = AssistantMessageContent(text=text, annotations=self._cited(part, text))
            self._update(AssistantMessageContentPartDone(content_index=part, content=content))
            self._outlet.yield_after(len(content.text))

    def show_missing(self, texts: Sequence[str]) -> None:
        """Show the parts that no delta showed. A text that was shown under another index is no missing part."""
        shown = {self._text(part) for part in self._parts}
        for part, text in enumerate(texts):
            if part not in self._parts and text not in shown:
                self.finish_part(part, text)

    def close(self) -> None:
        """Finish the message with the text shown so far, also with none."""
        parts = [self._annotated(part, self._text(part)) for part in sorted(self._parts)]
        self._closed = self._item(parts)
        reason = self._outlet.incomplete
        has_text = any(part.text for part in parts)
        item = incomplete(self._closed, reason) if reason and has_text else self._closed
        self._outlet.emit(ThreadItemDoneEvent(item=item))

    def truncate(self, reason: IncompleteReason) -> None:
        """Replace the closed message by one that is marked as incomplete; without effect before `close`."""
        if self._closed is not None:
            self._outlet.emit(ThreadItemReplacedEvent(item=incomplete(self._closed, reason)))

    def _text(self, part: int) -> str:
        """The part's whole text; the deltas are joined once and stored as one."""
        text = "".join(self._parts[part])
        self._parts[part] = [text]
        return text

    def _annotated(self, part: int, text: str) -> AssistantMessageContent:
        """The part with its citations, and with links to the tasks that its text names; each link is announced."""
        cited, links = self._cited(part, text), self._outlet.annotator.annotate(text)
        self._announce(part, links, len(cited))
        return AssistantMessageContent(text=text, annotations=[*cited, *links])

    def _cited(self, part: int, text: str) -> list[Annotation]:
        return self._citations[part].within(text) if part in self._citations else []

    def _announce(self, part: int, annotations: Sequence[Annotation], first: int = 0) -> None:
        for index, annotation in enumerate(annotations, first):
            added = AssistantMessageContentPartAnnotationAdded(
                content_index=part, annotation_index=index, annotation=annotation
            )
            self._update(added)

    def _item(self, content: list[AssistantMessageContent]) -> AssistantMessageItem:
        return AssistantMessageItem(
            id=self.id, thread_id=self._outlet.thread_id, created_at=self._created_at, content=content
        )

    def _update(self, update: Any) -> None:
        self._outlet.emit(ThreadItemUpdatedEvent.model_construct(item_id=self.id, update=update))
