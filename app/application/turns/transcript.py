"""What the events of a turn show, put together again: for pages that come later, and for turns that broke off."""

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
    """The items that a run of events shows, in the order they came, as JSON of the wire.

    `open` holds those that were begun and not finished. Of unfinished items only messages of the assistant are brought
    up to date: all others are worth nothing before they are done.
    """

    def __init__(self, events: Iterable[bytes] = ()) -> None:
        self.items: dict[str, Shown] = {}
        self.open: set[str] = set()
        for event in events:
            self.add(event)

    def add(self, event: bytes) -> None:
        """One more event, in the frame of the wire."""
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
        """The messages that were broken off, with the text so far; those without text count as never begun."""
        begun = [self.items[key] for key in self.items if key in self.open]
        return [message(item) for item in begun if item["type"] == _ASSISTANT and text_of(item).strip()]

    @property
    def asked(self) -> str | None:
        """The message of the user that is answered, if the turn began with one."""
        return next((key for key, item in self.items.items() if item["type"] == "user_message"), None)

    def closing(self, reason: IncompleteReason) -> list[bytes]:
        """The events after which no item is left open; messages say that they broke off."""
        kept = {item.id for item in self.unfinished}
        return [
            done(incomplete(message(self.items[key]), reason))
            if key in kept
            else _frame({"type": "thread.item.removed", "item_id": key})
            for key in self.items
            if key in self.open
        ]


def interrupted() -> bytes:
    """The last event of a turn whose server stopped."""
    return _error(_("The server stopped in the middle of this answer. What was said so far is kept."))


def taken_over() -> bytes:
    """The last event of a turn whose server was silent for so long that another one finished it."""
    return _error(_("The server lost touch in the middle of this answer. What was said until then is kept."))


def done(item: ThreadItem) -> bytes:
    """The event that an item is finished."""
    return _frame({"type": "thread.item.done", "item": item.model_dump(mode="json", exclude_none=True)})


def notice(text: str) -> bytes:
    """Something that the user should know beside the answer."""
    event = NoticeEvent(level="warning", message=text)
    return b"data: " + event.model_dump_json(exclude_none=True).encode() + b"\n\n"


def message(item: Shown) -> AssistantMessageItem:
    """The item as ChatKit's own object."""
    return AssistantMessageItem.model_validate(item)


def thread_item(item: Shown) -> ThreadItem:
    """The same, of any kind."""
    read: ThreadItem = type_adapter(ThreadItem).validate_python(item)
    return read


def text_of(item: Shown) -> str:
    """All that a message says."""
    return "".join(part["text"] for part in item.get("content", ()))


def _update(item: Shown, update: Shown) -> None:
    """What ChatKit's front end does with an update, for messages of the assistant."""
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
