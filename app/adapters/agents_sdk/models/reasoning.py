"""Reasoning of a run: the settings' defaults under an agent's own, and the thoughts that are shown."""

from collections.abc import AsyncIterator
from copy import copy
from typing import Any, Final

from agents import Model, ModelResponse, ModelSettings
from agents.items import TResponseInputItem, TResponseStreamEvent
from openai.types.shared import Reasoning

DEFAULT_REASONING: Final = Reasoning(summary="auto")
"""Thoughts are shown; the effort is the model's own."""


def reasoning_defaults(effort: str | None, summary: str) -> Reasoning:
    """Return the defaults for values of `REASONING_EFFORT` and `REASONING_SUMMARY`."""
    return Reasoning.model_validate({"effort": effort, "summary": None if summary == "off" else summary})


class ReasoningDefaults(Model):
    """A model whose requests get `defaults` for each reasoning setting that their agent leaves open."""

    def __init__(self, model: Model, defaults: Reasoning) -> None:
        self._model = model
        self._defaults = defaults

    async def get_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: ModelSettings,
        *args: Any,
        **kwargs: Any,
    ) -> ModelResponse:
        """Request one response with the merged settings."""
        settings = self._merged(model_settings)
        return await self._model.get_response(system_instructions, input, settings, *args, **kwargs)

    def stream_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: ModelSettings,
        *args: Any,
        **kwargs: Any,
    ) -> AsyncIterator[TResponseStreamEvent]:
        """Return the wrapped model's own stream, so that a token costs nothing here."""
        settings = self._merged(model_settings)
        return self._model.stream_response(system_instructions, input, settings, *args, **kwargs)

    async def close(self) -> None:
        """Close the wrapped model."""
        await self._model.close()

    def _merged(self, settings: ModelSettings) -> ModelSettings:
        merged = copy(settings)  # A fifth of what `dataclasses.replace` takes, which validates every field.
        own = settings.reasoning
        # A field that the agent sets to None is its own decision: `summary=None` hides the thoughts.
        set_by_agent = {} if own is None else own.model_dump(exclude_unset=True)
        merged.reasoning = self._defaults.model_copy(update=set_by_agent) if set_by_agent else self._defaults
        return merged


def shows_thoughts(settings: ModelSettings) -> bool:
    """True when the thoughts of a response are shown."""
    reasoning = settings.reasoning
    return reasoning is not None and bool(reasoning.summary or reasoning.generate_summary)
