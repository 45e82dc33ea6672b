"""The one event that a server sends all day, encoded from a template: pydantic would reflect on it each time."""

import msgspec
from chatkit.types import AssistantMessageContentPartTextDelta, ThreadItemUpdatedEvent
from pydantic import BaseModel

_string = msgspec.json.Encoder()


def encoded_text_delta(event: BaseModel) -> bytes | None:
    """The JSON of a text delta, as ChatKit makes it; None for every other event."""
    if type(event) is not ThreadItemUpdatedEvent or type(event.update) is not AssistantMessageContentPartTextDelta:
        return None
    update = event.update
    return b'{"type":"thread.item.updated","item_id":%b,"update":{"type":"%b","content_index":%d,"delta":%b}}' % (
        _string.encode(event.item_id),
        b"assistant_message.content_part.text_delta",
        update.content_index,
        _string.encode(update.delta),
    )
