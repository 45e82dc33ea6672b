"""Capability filter: a model wrapper that hides the input and the tools which the model does not support."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any, cast

from agents import AgentOutputSchemaBase, Handoff, Model, ModelResponse, ModelSettings, Tool
from agents.items import TResponseInputItem, TResponseStreamEvent

from app.adapters.agents_sdk.input.file_inputs import supported_input
from app.ports.model_provider import Capabilities


class CapabilityFilter(Model):
    """Filters a request by `capabilities`: all candidates get the same request, and a fallback may support less."""

    def __init__(self, model: Model, capabilities: Capabilities) -> None:
        self._model = model
        self._capabilities = capabilities

    async def get_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: ModelSettings,
        tools: list[Tool],
        output_schema: AgentOutputSchemaBase | None,
        handoffs: list[Handoff],
        *args: Any,
        **kwargs: Any,
    ) -> ModelResponse:
        """Request one response with the filtered request."""
        supported = supported_input(input, self._capabilities)
        if not self._capabilities.tools:
            model_settings, tools, handoffs = _without_tools(model_settings), [], []
        return await self._model.get_response(
            system_instructions, supported, model_settings, tools, output_schema, handoffs, *args, **kwargs
        )

    async def stream_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: ModelSettings,
        tools: list[Tool],
        output_schema: AgentOutputSchemaBase | None,
        handoffs: list[Handoff],
        *args: Any,
        **kwargs: Any,
    ) -> AsyncGenerator[TResponseStreamEvent, None]:
        """Stream one response to the filtered request."""
        supported = supported_input(input, self._capabilities)
        if not self._capabilities.tools:
            model_settings, tools, handoffs = _without_tools(model_settings), [], []
        events = self._model.stream_response(
            system_instructions, supported, model_settings, tools, output_schema, handoffs, *args, **kwargs
        )
        async with aclosing(cast(AsyncGenerator[TResponseStreamEvent, None], events)) as stream:
            async for event in stream:
                yield event


def _without_tools(settings: ModelSettings) -> ModelSettings:
    return replace(settings, tool_choice=None, parallel_tool_calls=None)
