"""Open items: what brought code has shown and not finished, so that it has an end whatever happens to the code."""

from collections.abc import Iterator
from typing import Any, Final

from chatkit.types import (
    Annotation,
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartAnnotationAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ThreadItem,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadStreamEvent,
)

from app.adapters.brought.mistakes import Mistake
from app.application.turns.endings import incomplete

_AHEAD: Final = 16
"""Most parts that a message may skip."""


class _Part:
    def __init__(self, content: AssistantMessageContent) -> None:
        self.pieces = [content.text]
        self.annotations: list[Annotation] = [*content.annotations]

    def content(self) -> AssistantMessageContent:
        return AssistantMessageContent(text="".join(self.pieces), annotations=self.annotations)


class OpenMessage:
    """A message of the assistant while it grows."""

    def __init__(self, item: AssistantMessageItem) -> None:
        self._item = item
        self._parts = [_Part(content) for content in item.content]

    def add(self, index: int, delta: str) -> None:
        """Append text to a part."""
        self._part(index).pieces.append(delta)

    def update(self, update: Any) -> None:
        """Apply an update as ChatKit's front end does. Raises `Mistake` for a part far behind the last."""
        match update:
            case AssistantMessageContentPartTextDelta():
                self.add(update.content_index, update.delta)
            case AssistantMessageContentPartAnnotationAdded():
                self._part(update.content_index).annotations.insert(update.annotation_index, update.annotation)
            case AssistantMessageContentPartAdded() | AssistantMessageContentPartDone():
                self._part(update.content_index)
                self._parts[update.content_index] = _Part(update.content)

    def message(self) -> AssistantMessageItem:
        """Return the message with the text so far."""
        return self._item.model_copy(update={"content": [part.content() for part in self._parts]})

    def _part(self, index: int) -> _Part:
        if not 0 <= index < len(self._parts) + _AHEAD:
            raise Mistake(f"the message {self._item.id} has no part {index}")
        while len(self._parts) <= index:
            self._parts.append(_Part(AssistantMessageContent(text="")))
        return self._parts[index]


class OpenItems:
    """The items that were added and are not done, in order."""

    def __init__(self) -> None:
        self._items: dict[str, ThreadItem | OpenMessage] = {}

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._items

    def add(self, item: ThreadItem) -> None:
        """Keep a new item until it is done."""
        self._items[item.id] = OpenMessage(item) if isinstance(item, AssistantMessageItem) else item

    def message(self, item_id: str) -> OpenMessage | None:
        """Return the open message of this id, or None."""
        found = self._items.get(item_id)
        return found if isinstance(found, OpenMessage) else None

    def finish(self, item: ThreadItem) -> None:
        """Forget an item that is done. Raises `Mistake` for one of another type than the one that was added."""
        before = self._items.pop(item.id, None)
        kind = AssistantMessageItem if isinstance(before, OpenMessage) else type(before)
        if before is not None and not isinstance(item, kind):
            raise Mistake(f"the item {item.id} was added as {kind.__name__}, and is done as {type(item).__name__}")

    def drop(self, item_id: str) -> None:
        """Forget an item that was removed."""
        self._items.pop(item_id, None)

    def close(self, *, failed: bool) -> Iterator[ThreadStreamEvent]:
        """End all items: a message with its text so far, incomplete after a failure; another item disappears."""
        for item_id, item in self._items.items():
            if not isinstance(item, OpenMessage):
                yield ThreadItemRemovedEvent(item_id=item_id)
                continue
            message = item.message()
            empty = not any(part.text.strip() for part in message.content)
            if empty:
                yield ThreadItemRemovedEvent(item_id=item_id)
            else:
                yield ThreadItemDoneEvent(item=incomplete(message, "failed") if failed else message)
        self._items.clear()
