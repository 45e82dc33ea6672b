"""A model that is told only what it can take."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, cast

from agents import Model, ModelResponse
from agents.items import TResponseInputItem, TResponseStreamEvent

from app.adapters.agents_sdk.file_inputs import supported_input
from app.ports.model_provider import Capabilities


class CapabilityFilter(Model):
    """The same input goes to all who may answer, and a fallback may see less than the first."""

    def __init__(self, model: Model, able: Capabilities) -> None:
        self._model = model
        self._able = able

    async def get_response(
        self, system_instructions: str | None, input: str | list[TResponseInputItem], *args: Any, **kwargs: Any
    ) -> ModelResponse:
        """As the model's own."""
        told = supported_input(input, self._able)
        return await self._model.get_response(system_instructions, told, *args, **kwargs)

    async def stream_response(
        self, system_instructions: str | None, input: str | list[TResponseInputItem], *args: Any, **kwargs: Any
    ) -> AsyncGenerator[TResponseStreamEvent, None]:
        """As the model's own."""
        told = supported_input(input, self._able)
        events = self._model.stream_response(system_instructions, told, *args, **kwargs)
        async with aclosing(cast(AsyncGenerator[TResponseStreamEvent, None], events)) as stream:
            async for event in stream:
                yield event
