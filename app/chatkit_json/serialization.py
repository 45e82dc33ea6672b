"""JSON for clients: equal to ChatKit's own `_serialize`, with fewer copies of large widgets."""

from chatkit.types import WidgetItem
from pydantic import BaseModel

from app.chatkit_json.item_fields import is_extended
from app.chatkit_json.widgets import with_widget, without_widget


def to_json(shown: BaseModel) -> bytes:
    """The JSON of an event, an item or a response."""
    item = vars(shown).get("item", shown)
    if not isinstance(item, WidgetItem):
        return _json(shown)
    light = without_widget(item)
    outside = _json(light if item is shown else shown.model_copy(update={"item": light}))
    return with_widget(outside, item.widget, nulls=False)


def _json(shown: BaseModel) -> bytes:
    serializer = type(shown).__pydantic_serializer__
    context = {"exclude_metadata": True}
    return serializer.to_json(
        shown, by_alias=True, exclude_none=True, context=context, serialize_as_any=is_extended(shown)
    )
