"""Widgets as ChatKit writes them, in one walk: its own looks through a component once for each that it stands in."""

from math import isfinite
from typing import Any, Final

from chatkit import actions, widgets
from chatkit.types import WidgetItem
from chatkit.widgets import DynamicWidgetRoot, WidgetRoot
from pydantic import BaseModel
from pydantic_core import to_json

_EMPTY: Final = b'"widget":{"type":"Basic","children":[]}'
"""Inside a text the quotes would be escaped."""

_AS_IT_IS: Final = (str, int, type(None))
_LISTS: Final = (list, tuple)
_OF_CHATKIT: Final = (widgets.__name__, actions.__name__)


def without_widget(item: WidgetItem) -> WidgetItem:
    """The item with the smallest widget in place of its own."""
    empty = DynamicWidgetRoot.model_construct(type="Basic", children=[])
    return item.model_copy(update={"widget": empty})


def with_widget(written: bytes, widget: WidgetRoot, *, nulls: bool) -> bytes:
    """JSON of what holds an item `without_widget`, with its widget; `nulls` for components that have no children.

    Raises `PydanticSerializationError` for half a character.
    """
    head, _, tail = written.partition(_EMPTY)
    return b"".join((head, b'"widget":', to_json(_plain(widget, nulls=nulls), inf_nan_mode="null"), tail))


def _plain(value: Any, *, nulls: bool) -> Any:
    """Without what is None, but for `children`: ChatKit leaves them in where somebody else wrote the object.

    To pydantic a number that JSON does not know is None as well.
    """
    if isinstance(value, _AS_IT_IS):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, _LISTS):
        return [plain for entry in value if (plain := _plain(entry, nulls=nulls)) is not None]
    if isinstance(value, dict):
        return {
            name: plain
            for name, entry in value.items()
            if (plain := _plain(entry, nulls=nulls)) is not None or name == "children"
        }
    if not isinstance(value, BaseModel):
        return value
    if type(value).__module__ in _OF_CHATKIT:
        return {
            name: plain
            for name, entry in value
            if (plain := _plain(entry, nulls=nulls)) is not None or (nulls and name == "children")
        }
    return _plain(value.model_dump(mode="json"), nulls=nulls)
