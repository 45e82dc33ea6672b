"""LiteLLM provider. Importing this module imports httpx, LiteLLM's HTTP client."""

from collections.abc import Sequence
from typing import Any

from agents import Model

from app.adapters.providers.litellm import engine
from app.adapters.providers.litellm.settings import NAME, LitellmSettings, route
from app.adapters.providers.litellm.transport import LitellmTransport
from app.adapters.providers.litellm.wire import open_upstream
from app.adapters.providers.shared.chat_completions import ChatCompletionsModel, Dialect
from app.adapters.providers.shared.endpoint import Endpoint
from app.adapters.providers.shared.errors import Origin
from app.adapters.providers.shared.model_requests import probe_model
from app.adapters.providers.shared.reasoning import ReasoningParameters, RefusedParameters
from app.adapters.providers.shared.reasoning.wires import GEMINI_NATIVE
from app.ports.model_provider import Capabilities, ModelInfo, ModelProvider


class LitellmProvider(ModelProvider):
    """Provider of one vendor's models, through LiteLLM."""

    name = NAME

    def __init__(self, settings: LitellmSettings) -> None:
        """Import LiteLLM, which blocks for seconds, before the server accepts requests. Raises `EngineError`."""
        complete = engine.load()
        self._settings = settings
        self._route = route(settings)
        link = open_upstream(self._route.base_url, translated=self._route.vendor.translated)
        self._refused = RefusedParameters()
        transport = LitellmTransport(complete, link, self._access())
        # LiteLLM gets the key as an argument, and sends it in the header that this vendor expects.
        self._endpoint = Endpoint(settings, api_key="", base_url=self._route.base_url, transport=transport)

    @property
    def default_model(self) -> str:
        """Default model from the settings, with the vendor as prefix."""
        return self._route.model

    @property
    def base_url(self) -> str:
        """Base URL of the vendor, or of the settings."""
        return self._route.base_url

    def models(self) -> Sequence[ModelInfo]:
        """Models that the settings name."""
        further = filter(None, map(str.strip, self._settings.models.split(",")))
        names = dict.fromkeys([self.default_model, *map(self._full_name, further)])
        return [ModelInfo(name=name, capabilities=engine.capabilities(name)) for name in names]

    def capabilities(self, name: str) -> Capabilities:
        """Capabilities in LiteLLM's list; `name` may have the vendor as prefix."""
        return engine.capabilities(self._full_name(name))

    def model(self, name: str) -> Model:
        """Chat-completions model; `name` may have the vendor as prefix."""
        way = self._route
        origin = Origin(
            provider=self.name,
            model=name,
            key_variable=way.key_variable,
            model_variable=way.model_variable,
            url_variable=way.url_variable,
        )
        dialect = Dialect(signed=way.prefix == "gemini")
        service = GEMINI_NATIVE if way.prefix == "gemini" else way.prefix
        reasoning = ReasoningParameters(self.name, service, name, self._refused)
        return ChatCompletionsModel(
            self._endpoint,
            self._full_name(name),
            dialect=dialect,
            reasoning=reasoning,
            origin=origin,
            settings=self._settings,
        )

    async def check(self) -> None:
        """Request one token from the default model. Raises `ModelError`."""
        await probe_model(self.model(self.default_model))

    async def aclose(self) -> None:
        """Close all connections and stop LiteLLM's background task. Idempotent."""
        await self._endpoint.aclose()
        await engine.stop()

    def _full_name(self, name: str) -> str:
        return name if name.startswith(f"{self._route.prefix}/") else f"{self._route.prefix}/{name}"

    def _access(self) -> dict[str, Any]:
        """Arguments of every call. They are explicit, so that LiteLLM does not read the environment."""
        access = {
            "api_key": self._route.api_key.reveal() or "none",
            "api_base": self._route.base_url,
            "num_retries": 0,
            "max_retries": 0,
        }
        return {**access, "api_version": self._settings.api_version} if self._route.prefix == "azure" else access
