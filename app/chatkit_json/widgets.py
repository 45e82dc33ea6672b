"""Widgets as ChatKit's JSON, in one walk; ChatKit's own code walks a component once for each of its ancestors."""

from math import isfinite
from typing import Any, Final

from chatkit import actions, widgets
from chatkit.types import WidgetItem
from chatkit.widgets import DynamicWidgetRoot, WidgetRoot
from pydantic import BaseModel
from pydantic_core import to_json

_EMPTY: Final = b'"widget":{"type":"Basic","children":[]}'
"""Unique in the JSON, because quotes inside a text are escaped."""

_SCALARS: Final = (str, int, type(None))
_LISTS: Final = (list, tuple)
_CHATKIT_MODULES: Final = (widgets.__name__, actions.__name__)


def without_widget(item: WidgetItem) -> WidgetItem:
    """The item with an empty placeholder widget."""
    empty = DynamicWidgetRoot.model_construct(type="Basic", children=[])
    return item.model_copy(update={"widget": empty})


def with_widget(written: bytes, widget: WidgetRoot, *, nulls: bool) -> bytes:
    """Insert the widget into the JSON of an item `without_widget`; `nulls` keeps `"children": null`.

    Raises `PydanticSerializationError` for a text with half a surrogate pair.
    """
    head, _, tail = written.partition(_EMPTY)
    return b"".join((head, b'"widget":', to_json(_plain(widget, nulls=nulls), inf_nan_mode="null"), tail))


def _plain(value: Any, *, nulls: bool) -> Any:
    """The value without None, except for `children`: ChatKit keeps those in objects of other classes than its own.

    As in pydantic, a float that JSON cannot express is None.
    """
    if isinstance(value, _SCALARS):
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
    if type(value).__module__ in _CHATKIT_MODULES:
        return {
            name: plain
            for name, entry in value
            if (plain := _plain(entry, nulls=nulls)) is not None or (nulls and name == "children")
        }
    return _plain(value.model_dump(mode="json"), nulls=nulls)
