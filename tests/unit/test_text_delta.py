"""The quick way to encode a text delta gives what ChatKit's own gives."""

import json

from chatkit.server import ChatKitServer
from chatkit.types import AssistantMessageContentPartTextDelta, ProgressUpdateEvent, ThreadItemUpdatedEvent
from hypothesis import given
from hypothesis import strategies as st

from app.chatkit_json.text_delta import encoded_text_delta

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXT, TEXT, st.integers(min_value=0, max_value=1000))
def test_it_says_what_chatkit_says(item_id: str, delta: str, index: int) -> None:
    update = AssistantMessageContentPartTextDelta(content_index=index, delta=delta)
    event = ThreadItemUpdatedEvent(item_id=item_id, update=update)
    encoded = encoded_text_delta(event)
    assert encoded is not None
    assert json.loads(encoded) == json.loads(ChatKitServer._serialize(None, event))  # type: ignore[arg-type]  # it uses no self
    assert b"\n" not in encoded


def test_other_events_are_left_alone() -> None:
    assert encoded_text_delta(ProgressUpdateEvent(text="…")) is None
