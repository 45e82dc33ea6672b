"""OpenAI provider, also for compatible servers: Ollama, vLLM, LM Studio and others."""

from collections.abc import Sequence
from typing import Final

import msgspec
from agents import Model

from app.adapters.providers.openai.model import ResponsesModel
from app.adapters.providers.openai.settings import Api, OpenAISettings
from app.adapters.providers.openai.warm_up import warm_up
from app.adapters.providers.shared.capabilities import capabilities_of, model_names
from app.adapters.providers.shared.chat_completions import ChatCompletionsModel, Dialect
from app.adapters.providers.shared.chat_completions.dialect import PENALTIES
from app.adapters.providers.shared.client import new_openai_client
from app.adapters.providers.shared.endpoint import Endpoint
from app.adapters.providers.shared.errors import Origin
from app.adapters.providers.shared.model_requests import probe_model
from app.adapters.providers.shared.model_settings import refused_by_openai
from app.adapters.providers.shared.reasoning import ReasoningParameters, RefusedParameters
from app.adapters.providers.shared.reasoning.wires import service_of
from app.aio.lazy_value import LazyValue
from app.ports.model_provider import RESPONSES_TOOLS, Capabilities, ModelInfo, ModelProvider

_CAPABILITIES: Final = (
    (r"o\d-mini|o1-preview", Capabilities()),
    (r"gpt-5|o\d", Capabilities(images=True, files=True)),
    (r"gpt-4o|gpt-4\.1|chatgpt-4o", Capabilities(images=True, files=True)),
    (r"gemma3|gemma-3|llava|pixtral|.*vision|.*-vl", Capabilities(images=True)),
)


# OpenAI's newer models refuse `max_tokens`; other servers accept only that name.
_AT_OPENAI: Final = Dialect(
    strict_tools=True,
    parallel_tool_calls=True,
    max_tokens="max_completion_tokens",
    parameters=PENALTIES | {"verbosity", "metadata", "top_logprobs"},
    refused=refused_by_openai,
)
_ELSEWHERE: Final = Dialect()


class OpenAIProvider(ModelProvider):
    """Provider of OpenAI's models, or of a compatible server's."""

    name = "openai"

    def __init__(self, settings: OpenAISettings) -> None:
        self._settings = settings
        key = settings.api_key.reveal()
        self._endpoint = Endpoint(settings, api_key=key, base_url=settings.base_url)
        self._client = new_openai_client(settings, api_key=key, base_url=settings.base_url)
        self._warmed_up = LazyValue(warm_up)
        self._refused = RefusedParameters()

    @property
    def default_model(self) -> str:
        """Default model from the settings."""
        return self._settings.model

    @property
    def base_url(self) -> str:
        """Base URL of OpenAI's API, or of the settings."""
        return self._settings.base_url

    def models(self) -> Sequence[ModelInfo]:
        """Models that the settings name."""
        names = model_names(self._settings.model, self._settings.models)
        return [ModelInfo(name=name, capabilities=self.capabilities(name)) for name in names]

    def capabilities(self, name: str) -> Capabilities:
        """Capabilities by the model's name and the API that the settings choose."""
        known = capabilities_of(name, _CAPABILITIES)
        if self._settings.speaks is not Api.RESPONSES:
            return known
        return msgspec.structs.replace(known, hosted_tools=RESPONSES_TOOLS, stored_prompts=True)

    def model(self, name: str) -> Model:
        """Model for `name`, over the API that the settings choose."""
        origin = Origin(
            provider=self.name,
            model=name,
            key_variable="OPENAI_API_KEY",
            model_variable="OPENAI_MODEL",
            url_variable="OPENAI_BASE_URL",
        )
        reasoning = ReasoningParameters(self.name, service_of(self._settings.base_url), name, self._refused)
        if self._settings.speaks is Api.RESPONSES:
            return ResponsesModel(
                self._client,
                name,
                reasoning=reasoning,
                warmed_up=self._warmed_up,
                origin=origin,
                settings=self._settings,
            )
        dialect = _AT_OPENAI if self._settings.at_openai else _ELSEWHERE
        return ChatCompletionsModel(
            self._endpoint, name, dialect=dialect, reasoning=reasoning, origin=origin, settings=self._settings
        )

    async def check(self) -> None:
        """Request one token from the default model. Raises `ModelError`."""
        await probe_model(self.model(self.default_model))

    async def aclose(self) -> None:
        """Close all connections. Idempotent."""
        await self._warmed_up.aclose()
        await self._endpoint.aclose()
        await self._client.close()
