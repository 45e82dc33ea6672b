"""ChatKit's objects as the exact JSON of pydantic, and back."""

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


class _Body(Protocol):
    @property
    def body(self) -> str: ...


_Entry = TypeVar("_Entry", bound=_Body)
_Loaded = TypeVar("_Loaded")

_WIDGET: Final = '"widget"'
_LARGE: Final = 10_000
_EMPTY: Final = {"type": "Basic", "children": []}


def dump(kind: Any, value: object) -> str:
    """`value` as JSON with the fields of `kind`; control characters are escaped, so it holds no NUL."""
    try:
        if isinstance(value, WidgetItem):
            written = type_adapter(WidgetItem).dump_json(without_widget(value))
            return with_widget(written, value.widget, nulls=True).decode()
        return type_adapter(kind).dump_json(value, serialize_as_any=is_extended(value)).decode()
    except PydanticSerializationError:
        # Half an emoji, as some models send it, fits into no UTF-8; the standard library escapes it.
        return json.dumps(type_adapter(kind).dump_python(value, mode="json", serialize_as_any=is_extended(value)))


def load(kind: Any, body: str) -> Any:
    """The value that `dump` was given."""
    try:
        return type_adapter(kind).validate_json(body)
    except ValidationError:
        return type_adapter(kind).validate_python(json.loads(body))


async def load_all(entries: Iterable[_Entry], load: Callable[[_Entry], _Loaded]) -> list[_Loaded]:
    """Load each entry's body, and let others go on in between: a page of large items takes long."""
    loaded, pauses = [], CooperativeYield()
    for entry in entries:
        loaded.append(load(entry))
        await pauses.after(len(entry.body))
    return loaded


def load_item(body: str) -> ThreadItem:
    """The item that `dump` was given, with every field of its widget and those of ours."""
    if len(body) > _LARGE and (widget := _large_widget(body)) is not None:
        return widget
    if (extended := extended_item(body)) is not None:
        return extended
    item: ThreadItem = load(ThreadItem, body)
    if isinstance(item, WidgetItem):
        # ChatKit reads a widget as one of its strict classes first, which drop the fields that they do not know.
        written = json.loads(body)["widget"]
        if item.widget.model_dump(mode="json") != written:
            item.widget = DynamicWidgetRoot.model_validate(written)
    return item


def _large_widget(body: str) -> WidgetItem | None:
    """The item, if it is a widget: read as what any widget is, which takes a tenth of the time."""
    if _WIDGET not in body or (written := json.loads(body))["type"] != "widget":
        return None
    item: WidgetItem = type_adapter(WidgetItem).validate_python({**written, "widget": _EMPTY})
    item.widget = DynamicWidgetRoot.model_validate(written["widget"])
    return item
