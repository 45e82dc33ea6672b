"""Google's Gemini, over its OpenAI-compatible address: https://ai.google.dev/gemini-api/docs/openai."""

import re
from collections.abc import Sequence
from typing import Final

from agents import Model

from app.adapters.providers.gemini.settings import GeminiSettings
from app.adapters.providers.shared.capabilities import offered
from app.adapters.providers.shared.chat_completions import ChatCompletionsModel, Dialect, cleaned
from app.adapters.providers.shared.endpoint import Endpoint
from app.adapters.providers.shared.errors import Origin
from app.adapters.providers.shared.model_requests import first_word
from app.ports.model_provider import Capabilities, ModelInfo, ModelProvider

_CAPABILITIES: Final = (
    (r"gemini-(1|2\.0)", Capabilities(images=True)),
    (r"gemini-", Capabilities(images=True, reasoning=True)),
    (r"gemma-", Capabilities(tools=False, parallel_tools=False, images=True)),
)


def _bypass(model: str) -> str:
    """What Gemini takes for a call it never signed: https://ai.google.dev/gemini-api/docs/thought-signatures.

    Since Gemini 3 a call without any signature is refused; older ones do without.
    """
    name = model.rsplit("/", 1)[-1]
    needed = name.startswith("gemini-") and not re.match(r"gemini-[12]\b", name)
    return "skip_thought_signature_validator" if needed else ""


_DIALECT: Final = Dialect(signed=True, unsigned_call=_bypass, schema=cleaned)


class GeminiProvider(ModelProvider):
    """Gemini's models by one key."""

    name = "gemini"

    def __init__(self, settings: GeminiSettings) -> None:
        self._settings = settings
        self._endpoint = Endpoint(settings, api_key=settings.api_key.reveal(), base_url=settings.base_url)

    @property
    def default_model(self) -> str:
        """The one from the settings."""
        return self._settings.model

    @property
    def base_url(self) -> str:
        """Google's address, unless the settings name another."""
        return self._settings.base_url

    def models(self) -> Sequence[ModelInfo]:
        """Those the settings name."""
        return offered(self._settings.model, self._settings.models, _CAPABILITIES)

    def model(self, name: str) -> Model:
        """`name` with or without Google's prefix `models/`."""
        origin = Origin(
            provider=self.name,
            model=name,
            key_variable="GEMINI_API_KEY",
            model_variable="GEMINI_MODEL",
            url_variable="GEMINI_BASE_URL",
        )
        return ChatCompletionsModel(self._endpoint, name, dialect=_DIALECT, origin=origin, settings=self._settings)

    async def check(self) -> None:
        """Ask the default model for a word."""
        await first_word(self.model(self.default_model))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._endpoint.aclose()
