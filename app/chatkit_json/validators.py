"""Validators of ChatKit's models, built after the start: they take a quarter of a second of CPU."""

from types import ModuleType

from chatkit import types, widgets
from chatkit.types import Attachment, ChatKitReq, ThreadItem
from pydantic import BaseModel

from app.chatkit_json.item_fields import EXTENDED
from app.chatkit_json.type_adapters import type_adapter


def build_validators() -> None:
    """Build all validators, in the order of definition, because later models refer to earlier ones."""
    for module in (widgets, types):
        for model in _models(module):
            model.model_rebuild()
    for extended in EXTENDED:
        extended.model_rebuild()
    for union in (ChatKitReq, ThreadItem, Attachment):
        type_adapter(union).rebuild()


def _models(module: ModuleType) -> list[type[BaseModel]]:
    found = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, BaseModel)]
    return [model for model in found if model.__module__ == module.__name__]
