"""ChatKit's models, whose validators a start leaves out: a quarter of a second in which nobody else would be served."""

import asyncio
from functools import cache
from types import ModuleType

from chatkit import types, widgets
from chatkit.types import ChatKitReq
from pydantic import BaseModel, TypeAdapter


class Models:
    """Built once, in a thread, when somebody first asks for them."""

    def __init__(self) -> None:
        self._building: asyncio.Task[None] | None = None

    async def built(self) -> None:
        """Wait for them."""
        if self._building is None:
            self._building = asyncio.create_task(asyncio.to_thread(_build))
        if not self._building.done():
            await asyncio.shield(self._building)


@cache
def requests() -> TypeAdapter[ChatKitReq]:
    """Every request of ChatKit's."""
    return TypeAdapter(ChatKitReq)


def _build() -> None:
    """In the order in which they are written, so that the later ones find the earlier ones built."""
    for module in (widgets, types):
        for model in _models(module):
            model.model_rebuild()
    requests()


def _models(module: ModuleType) -> list[type[BaseModel]]:
    found = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, BaseModel)]
    return [model for model in found if model.__module__ == module.__name__]
