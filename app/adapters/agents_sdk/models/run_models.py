"""Run models: every model of one run, from the catalog, with fallbacks and counted requests."""

import dataclasses
from collections.abc import AsyncIterator, Callable, MutableSequence
from functools import cache
from typing import Any

from agents import Model, ModelResponse, ModelSettings
from agents import ModelProvider as SdkModelProvider
from agents.items import TResponseInputItem, TResponseStreamEvent
from agents.models import get_default_model_settings
from openai.types.shared import Reasoning

from app.adapters.agents_sdk.input.file_inputs import FileParts
from app.adapters.agents_sdk.models.capability_filter import CapabilityFilter
from app.adapters.agents_sdk.models.fallback import Attempt, CircuitBreakers, FallbackModel
from app.adapters.agents_sdk.models.reasoning import DEFAULT_REASONING, ReasoningDefaults
from app.application.conversation.model_catalog import ModelCatalog
from app.domain.model_ref import ModelRef


class RunModels(SdkModelProvider):
    """The SDK's model provider for one run: no name leads to a model that the operator did not choose.

    `chosen` answers for an agent without a model. `wrap` adds what a request of this run needs around its model.
    `attempts` collects the requests. `reasoning` holds the defaults for agents that leave it open.
    """

    def __init__(
        self,
        catalog: ModelCatalog,
        breakers: CircuitBreakers,
        chosen: ModelRef,
        file_parts: FileParts,
        attempts: MutableSequence[Attempt],
        wrap: Callable[[Model], Model],
        reasoning: Reasoning = DEFAULT_REASONING,
    ) -> None:
        self._catalog = catalog
        self._breakers = breakers
        self._chosen = chosen
        self._file_parts = file_parts
        self._attempts = attempts
        self._wrap = wrap
        self._reasoning = reasoning

    def get_model(self, model_name: str | None) -> Model:
        """Return the model of this name; the chosen model for None. Raises `UnknownModelError`."""
        return self._model(self._catalog.named(model_name)) if model_name else DefaultModel(self.chosen())

    def chosen(self) -> Model:
        """Return the model for agents without one of their own."""
        return self._model(self._chosen)

    def _model(self, ref: ModelRef) -> Model:
        model = FallbackModel(self._catalog.candidates(ref), self._open, self._breakers, self._attempts)
        return ReasoningDefaults(self._wrap(model), self._reasoning)

    def _open(self, ref: ModelRef) -> Model:
        model, able = self._catalog.provider(ref).model(ref.model), self._catalog.capabilities(ref)
        return model if able.tools and not self._file_parts else CapabilityFilter(model, able)


class DefaultModel(Model):
    """The model of an agent that names none, without the settings that the SDK adds for its own default model."""

    def __init__(self, model: Model) -> None:
        self._model = model

    async def get_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: ModelSettings,
        *args: Any,
        **kwargs: Any,
    ) -> ModelResponse:
        """Request one response with the agent's own settings."""
        return await self._model.get_response(system_instructions, input, _own(model_settings), *args, **kwargs)

    def stream_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: ModelSettings,
        *args: Any,
        **kwargs: Any,
    ) -> AsyncIterator[TResponseStreamEvent]:
        """Stream one response with the agent's own settings."""
        return self._model.stream_response(system_instructions, input, _own(model_settings), *args, **kwargs)

    async def close(self) -> None:
        """Do nothing: the provider closes its models, not a run."""


_implicit = cache(get_default_model_settings)


def _own(settings: ModelSettings) -> ModelSettings:
    implicit = _implicit()
    if (settings.reasoning, settings.verbosity) != (implicit.reasoning, implicit.verbosity):
        return settings
    return dataclasses.replace(settings, reasoning=None, verbosity=None)
