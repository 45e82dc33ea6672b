"""Text deltas, the most frequent event, encoded from a template instead of by pydantic."""

import msgspec
from chatkit.types import AssistantMessageContentPartTextDelta, ThreadItemUpdatedEvent
from pydantic import BaseModel

_string = msgspec.json.Encoder()


def encoded_text_delta(event: BaseModel) -> bytes | None:
    """The JSON of a text delta, equal to ChatKit's; None for every other event."""
    if type(event) is not ThreadItemUpdatedEvent or type(event.update) is not AssistantMessageContentPartTextDelta:
        return None
    return text_delta(event.item_id, event.update.content_index, event.update.delta)


def text_delta(message_id: str, part: int, delta: str) -> bytes:
    """The JSON of a text delta from message id, index of the content part, and text."""
    return b'{"type":"thread.item.updated","item_id":%b,"update":{"type":"%b","content_index":%d,"delta":%b}}' % (
        _string.encode(message_id),
        b"assistant_message.content_part.text_delta",
        part,
        _string.encode(delta),
    )
