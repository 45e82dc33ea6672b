"""Transcript: the items that a turn's events show, for late pages and for incomplete turns."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from chatkit.types import AssistantMessageItem, ErrorEvent, NoticeEvent, ThreadItem

from app.application.turns.endings import incomplete
from app.chatkit_json.item_fields import IncompleteReason
from app.chatkit_json.type_adapters import type_adapter
from app.domain.language import _

_ASSISTANT = "assistant_message"

Shown = dict[str, Any]


class Transcript:
    """Items that a sequence of events shows, in the order of their first event, as JSON of the wire.

    `open` holds the ids of the items that were added and are not done. Updates are applied to the assistant's messages
    only: any other item has no value before it is done.
    """

    def __init__(self, events: Iterable[bytes] = ()) -> None:
        self.items: dict[str, Shown] = {}
        self.open: set[str] = set()
        for event in events:
            self.add(event)

    def add(self, event: bytes) -> None:
        """Apply one event, in the frame of the wire."""
        match msgspec.json.decode(event.removeprefix(b"data: ")):
            case {"type": "thread.item.added", "item": {"id": str(key)} as item}:
                self.items[key] = item
                self.open.add(key)
            case {"type": "thread.item.done" | "thread.item.replaced", "item": {"id": str(key)} as item}:
                self.items[key] = item
                self.open.discard(key)
            case {"type": "thread.item.updated", "item_id": str(key), "update": update} if key in self.items:
                _update(self.items[key], update)
            case {"type": "thread.item.removed", "item_id": str(key)}:
                self.items.pop(key, None)
                self.open.discard(key)

    @property
    def unfinished(self) -> Sequence[AssistantMessageItem]:
        """The incomplete messages with their text so far; a message without text is left out."""
        opened = [self.items[key] for key in self.items if key in self.open]
        return [message(item) for item in opened if item["type"] == _ASSISTANT and text_of(item).strip()]

    @property
    def asked(self) -> str | None:
        """The id of the user message that the turn answers, if the turn added one."""
        return next((key for key, item in self.items.items() if item["type"] == "user_message"), None)

    def closing(self, reason: IncompleteReason) -> list[bytes]:
        """Return the events that close all open items; messages are marked as incomplete for `reason`."""
        unfinished = {item.id for item in self.unfinished}
        return [
            done(incomplete(message(self.items[key]), reason))
            if key in unfinished
            else _frame({"type": "thread.item.removed", "item_id": key})
            for key in self.items
            if key in self.open
        ]


def interrupted() -> bytes:
    """Return the last event of a turn whose server stopped."""
    return _error(_("The server stopped in the middle of this answer. What was said so far is kept."))


def taken_over() -> bytes:
    """Return the last event of a turn whose lease was lost to another process."""
    return _error(_("The server lost touch in the middle of this answer. What was said until then is kept."))


def done(item: ThreadItem) -> bytes:
    """Return the event that marks an item as done."""
    return _frame({"type": "thread.item.done", "item": item.model_dump(mode="json", exclude_none=True)})


def notice(text: str) -> bytes:
    """Return a warning event, shown beside the answer."""
    event = NoticeEvent(level="warning", message=text)
    return b"data: " + event.model_dump_json(exclude_none=True).encode() + b"\n\n"


def message(item: Shown) -> AssistantMessageItem:
    """Return an assistant's message as ChatKit's model."""
    return AssistantMessageItem.model_validate(item)


def thread_item(item: Shown) -> ThreadItem:
    """Return an item of any type as ChatKit's model."""
    read: ThreadItem = type_adapter(ThreadItem).validate_python(item)
    return read


def text_of(item: Shown) -> str:
    """Return the text of a message, all parts joined."""
    return "".join(part["text"] for part in item.get("content", ()))


def _update(item: Shown, update: Shown) -> None:
    """Apply an update to an assistant's message as ChatKit's front end does."""
    if item["type"] != _ASSISTANT or "content_index" not in update:
        return
    content = item["content"]
    while len(content) <= update["content_index"]:
        content.append({"type": "output_text", "text": "", "annotations": []})
    part = content[update["content_index"]]
    match update["type"].rpartition(".")[2]:
        case "text_delta":
            part["text"] += update["delta"]
        case "annotation_added":
            part.setdefault("annotations", []).insert(update["annotation_index"], update["annotation"])
        case "added" | "done":
            content[update["content_index"]] = update["content"]


def _error(message: str) -> bytes:
    event = ErrorEvent(message=message, allow_retry=True)
    return b"data: " + event.model_dump_json(exclude_none=True).encode() + b"\n\n"


def _frame(event: Shown) -> bytes:
    return b"data: " + msgspec.json.encode(event) + b"\n\n"
