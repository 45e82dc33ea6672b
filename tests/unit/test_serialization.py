"""What goes to a client is what ChatKit would write."""

import datetime as dt
from typing import Any

import pytest
from chatkit.server import ChatKitServer
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageItem,
    NoticeEvent,
    Page,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    WidgetItem,
)
from chatkit.widgets import DynamicWidgetRoot
from pydantic import BaseModel

from app.chatkit_json.serialization import to_json
from tests.widgets import CARD

AT: dict[str, Any] = {"thread_id": "thr_1", "created_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}
SAID = AssistantMessageItem(id="msg_1", content=[AssistantMessageContent(text='"data":[] ✓\n')], **AT)
SHOWN = WidgetItem(id="msg_2", widget=DynamicWidgetRoot.model_validate(CARD), copy_text="A card", **AT)


@pytest.mark.parametrize(
    "shown",
    [
        SAID,
        SHOWN,
        ThreadItemDoneEvent(item=SAID),
        ThreadItemDoneEvent(item=SHOWN),
        ThreadItemRemovedEvent(item_id="msg_1"),
        NoticeEvent(level="warning", message="Careful"),
        Page(data=[]),
    ],
    ids=lambda shown: type(shown).__name__,
)
def test_it_is_the_same(shown: BaseModel) -> None:
    assert to_json(shown) == ChatKitServer._serialize(None, shown)  # type: ignore[arg-type]  # it uses no self
