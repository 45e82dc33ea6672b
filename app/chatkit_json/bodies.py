"""Stored bodies: ChatKit's objects as the exact JSON of pydantic, and back."""

import json
from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol, TypeVar

from chatkit.types import ThreadItem, WidgetItem
from chatkit.widgets import DynamicWidgetRoot
from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from app.aio.cooperative_yield import CooperativeYield
from app.chatkit_json.item_fields import extended_item, is_extended
from app.chatkit_json.type_adapters import type_adapter
from app.chatkit_json.widgets import with_widget, without_widget


class _StoredEntry(Protocol):
    @property
    def body(self) -> str: ...


_Entry = TypeVar("_Entry", bound=_StoredEntry)
_Loaded = TypeVar("_Loaded")

_WIDGET: Final = '"widget"'
_LARGE: Final = 10_000
_EMPTY: Final = {"type": "Basic", "children": []}


def dump(kind: Any, value: object) -> str:
    """The JSON of `value` with the fields of `kind`; control characters are escaped, so it has no NUL."""
    try:
        if isinstance(value, WidgetItem):
            fields = type_adapter(WidgetItem).dump_json(without_widget(value))
            return with_widget(fields, value.widget, nulls=True).decode()
        return type_adapter(kind).dump_json(value, serialize_as_any=is_extended(value)).decode()
    except PydanticSerializationError:
        # Models may send half a surrogate pair, which UTF-8 cannot encode; the standard library escapes it.
        return json.dumps(type_adapter(kind).dump_python(value, mode="json", serialize_as_any=is_extended(value)))


def load(kind: Any, body: str) -> Any:
    """The value of a body that `dump` wrote."""
    try:
        return type_adapter(kind).validate_json(body)
    except ValidationError:
        return type_adapter(kind).validate_python(json.loads(body))


async def load_all(entries: Iterable[_Entry], load: Callable[[_Entry], _Loaded]) -> list[_Loaded]:
    """Load the body of each entry, with cooperative yields: a page of large items takes long."""
    loaded, cooperative = [], CooperativeYield()
    for entry in entries:
        loaded.append(load(entry))
        await cooperative.after(len(entry.body))
    return loaded


def load_item(body: str) -> ThreadItem:
    """The item of a body that `dump` wrote, with all fields of its widget and with our own fields."""
    if len(body) > _LARGE and (widget := _large_widget(body)) is not None:
        return widget
    if (extended := extended_item(body)) is not None:
        return extended
    item: ThreadItem = load(ThreadItem, body)
    if isinstance(item, WidgetItem):
        # ChatKit tries its strict widget classes first, which drop unknown fields.
        fields = json.loads(body)["widget"]
        if item.widget.model_dump(mode="json") != fields:
            item.widget = DynamicWidgetRoot.model_validate(fields)
    return item


def _large_widget(body: str) -> WidgetItem | None:
    """The item if it is a widget, validated as a dynamic widget, which takes a tenth of the time."""
    if _WIDGET not in body or (fields := json.loads(body))["type"] != "widget":
        return None
    item: WidgetItem = type_adapter(WidgetItem).validate_python({**fields, "widget": _EMPTY})
    item.widget = DynamicWidgetRoot.model_validate(fields["widget"])
    return item
