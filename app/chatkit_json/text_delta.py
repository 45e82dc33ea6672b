"""The one event that a server sends all day, encoded from a template: pydantic would reflect on it each time."""

import msgspec
from chatkit.types import AssistantMessageContentPartTextDelta, ThreadItemUpdatedEvent
from pydantic import BaseModel

_string = msgspec.json.Encoder()


def encoded_text_delta(event: BaseModel) -> bytes | None:
    """The JSON of a text delta, as ChatKit makes it; None for every other event."""
    if type(event) is not ThreadItemUpdatedEvent or type(event.update) is not AssistantMessageContentPartTextDelta:
        return None
    return text_delta(event.item_id, event.update.content_index, event.update.delta)


def text_delta(message_id: str, part: int, delta: str) -> bytes:
    """The same from its parts."""
    return b'{"type":"thread.item.updated","item_id":%b,"update":{"type":"%b","content_index":%d,"delta":%b}}' % (
        _string.encode(message_id),
        b"assistant_message.content_part.text_delta",
        part,
        _string.encode(delta),
    )
