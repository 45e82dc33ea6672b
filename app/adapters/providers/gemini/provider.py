"""Gemini provider, over Google's OpenAI-compatible endpoint: https://ai.google.dev/gemini-api/docs/openai."""

import re
from collections.abc import Sequence
from typing import Final

from agents import Model

from app.adapters.providers.gemini.settings import GeminiSettings
from app.adapters.providers.shared.capabilities import capabilities_of, offered_models
from app.adapters.providers.shared.chat_completions import ChatCompletionsModel, Dialect, simplify_schema
from app.adapters.providers.shared.endpoint import Endpoint
from app.adapters.providers.shared.errors import Origin
from app.adapters.providers.shared.model_requests import probe_model
from app.adapters.providers.shared.reasoning import ReasoningParameters, RefusedParameters
from app.adapters.providers.shared.reasoning.wires import GEMINI
from app.ports.model_provider import Capabilities, ModelInfo, ModelProvider

_CAPABILITIES: Final = (
    (r"gemini-", Capabilities(images=True)),
    (r"gemma-", Capabilities(tools=False, parallel_tools=False, images=True)),
)


def _bypass(model: str) -> str:
    """Placeholder signature for a call that Gemini did not sign: https://ai.google.dev/gemini-api/docs/thought-signatures.

    Gemini 3 and later refuse a call without a signature; older models need none.
    """
    name = model.rsplit("/", 1)[-1]
    needed = name.startswith("gemini-") and not re.match(r"gemini-[12]\b", name)
    return "skip_thought_signature_validator" if needed else ""


_DIALECT: Final = Dialect(signed=True, unsigned_call=_bypass, schema=simplify_schema, parameters=())


class GeminiProvider(ModelProvider):
    """Provider of Gemini's models."""

    name = "gemini"

    def __init__(self, settings: GeminiSettings) -> None:
        self._settings = settings
        self._endpoint = Endpoint(settings, api_key=settings.api_key.reveal(), base_url=settings.base_url)
        self._refused = RefusedParameters()

    @property
    def default_model(self) -> str:
        """Default model from the settings."""
        return self._settings.model

    @property
    def base_url(self) -> str:
        """Base URL of Google's API, or of the settings."""
        return self._settings.base_url

    def models(self) -> Sequence[ModelInfo]:
        """Models that the settings name."""
        return offered_models(self._settings.model, self._settings.models, _CAPABILITIES)

    def capabilities(self, name: str) -> Capabilities:
        """Capabilities by the model's name."""
        return capabilities_of(name, _CAPABILITIES)

    def model(self, name: str) -> Model:
        """Chat-completions model; `name` may have Google's prefix `models/`."""
        origin = Origin(
            provider=self.name,
            model=name,
            key_variable="GEMINI_API_KEY",
            model_variable="GEMINI_MODEL",
            url_variable="GEMINI_BASE_URL",
        )
        reasoning = ReasoningParameters(self.name, GEMINI, name, self._refused)
        return ChatCompletionsModel(
            self._endpoint, name, dialect=_DIALECT, reasoning=reasoning, origin=origin, settings=self._settings
        )

    async def check(self) -> None:
        """Request one token from the default model. Raises `ModelError`."""
        await probe_model(self.model(self.default_model))

    async def aclose(self) -> None:
        """Close all connections. Idempotent."""
        await self._endpoint.aclose()
