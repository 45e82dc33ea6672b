"""Widgets are written as ChatKit writes them, only sooner."""

import datetime as dt
import math
from typing import Any, get_args

import pytest
from chatkit.types import ThreadItemDoneEvent, WidgetItem
from chatkit.widgets import DynamicWidgetRoot, WidgetRoot
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from app.chatkit_json.widgets import with_widget, without_widget
from tests.widgets import BASIC, CARD, LIST, card_of_rows

STRICT: TypeAdapter[Any] = TypeAdapter(get_args(WidgetRoot)[0])

NAMES = st.sampled_from(["children", "value", "payload"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
COMPONENTS = st.recursive(
    st.builds(lambda extra: {"type": "Text", **extra}, st.dictionaries(st.text(max_size=3), VALUES, max_size=3)),
    lambda inner: st.builds(
        lambda children: {"type": "Box", "children": children}, inner | st.lists(inner, max_size=3)
    ),
    max_leaves=6,
)


def check(widget: Any) -> None:
    item = WidgetItem(id="msg_1", thread_id="thr_1", created_at=dt.datetime.now(dt.UTC), widget=widget, copy_text="a")
    light = without_widget(item)
    stored = with_widget(light.model_dump_json().encode(), widget, nulls=True)
    assert stored.decode() == item.model_dump_json()
    event, shown = (ThreadItemDoneEvent(item=it).model_dump_json(exclude_none=True) for it in (item, light))
    assert with_widget(shown.encode(), widget, nulls=False).decode() == event


@pytest.mark.parametrize("root", [CARD, LIST, BASIC, card_of_rows(3)], ids=["card", "list", "basic", "rows"])
def test_every_component_of_every_class_is_written_the_same(root: dict[str, Any]) -> None:
    check(STRICT.validate_python(root))
    check(DynamicWidgetRoot.model_validate(root))


@example([], {"value": float("inf")})
@given(st.lists(COMPONENTS, max_size=3), st.dictionaries(NAMES, VALUES, max_size=2))
@example([], {"children": math.inf, "value": [math.nan, None]})
def test_whatever_else_a_component_holds_is_written_the_same(children: list[Any], payload: dict[str, Any]) -> None:
    action = {"type": "go", "payload": payload}
    check(DynamicWidgetRoot.model_validate({"type": "Card", "children": children, "onClickAction": action}))
