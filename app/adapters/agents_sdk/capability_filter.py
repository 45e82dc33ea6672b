"""Capability filter: a model wrapper that hides the input which the model cannot read."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, cast

from agents import Model, ModelResponse
from agents.items import TResponseInputItem, TResponseStreamEvent

from app.adapters.agents_sdk.file_inputs import supported_input
from app.ports.model_provider import Capabilities


class CapabilityFilter(Model):
    """Filters the input by `capabilities`: all candidates get the same input, and a fallback may read less of it."""

    def __init__(self, model: Model, capabilities: Capabilities) -> None:
        self._model = model
        self._capabilities = capabilities

    async def get_response(
        self, system_instructions: str | None, input: str | list[TResponseInputItem], *args: Any, **kwargs: Any
    ) -> ModelResponse:
        """Request one response with the filtered input."""
        supported = supported_input(input, self._capabilities)
        return await self._model.get_response(system_instructions, supported, *args, **kwargs)

    async def stream_response(
        self, system_instructions: str | None, input: str | list[TResponseInputItem], *args: Any, **kwargs: Any
    ) -> AsyncGenerator[TResponseStreamEvent, None]:
        """Stream one response to the filtered input."""
        supported = supported_input(input, self._capabilities)
        events = self._model.stream_response(system_instructions, supported, *args, **kwargs)
        async with aclosing(cast(AsyncGenerator[TResponseStreamEvent, None], events)) as stream:
            async for event in stream:
                yield event
