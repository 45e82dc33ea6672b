"""Models behind LiteLLM. Importing this imports the ways to the network that LiteLLM takes."""

from collections.abc import Sequence
from typing import Any

from agents import Model

from app.adapters.providers.litellm import engine
from app.adapters.providers.litellm.settings import NAME, LitellmSettings, route
from app.adapters.providers.litellm.transport import LitellmTransport
from app.adapters.providers.litellm.wire import open_line
from app.adapters.providers.shared.chat_completions import ChatCompletionsModel, Dialect
from app.adapters.providers.shared.endpoint import Endpoint
from app.adapters.providers.shared.errors import Origin
from app.adapters.providers.shared.model_requests import first_word
from app.ports.model_provider import ModelInfo, ModelProvider


class LitellmProvider(ModelProvider):
    """Models of one vendor behind LiteLLM."""

    name = NAME

    def __init__(self, settings: LitellmSettings) -> None:
        """Import LiteLLM, here and now: nobody is served yet, and what is broken stops the start.

        That takes seconds. Raises `EngineError`.
        """
        complete = engine.load()
        self._settings = settings
        self._route = route(settings)
        line = open_line(self._route.base_url, foreign=self._route.vendor.foreign)
        transport = LitellmTransport(complete, line, self._access())
        # The key travels in what every request needs, so that LiteLLM puts it where this vendor looks for it.
        self._endpoint = Endpoint(settings, api_key="", base_url=self._route.base_url, transport=transport)

    @property
    def default_model(self) -> str:
        """The one from the settings, with its vendor in front."""
        return self._route.model

    @property
    def base_url(self) -> str:
        """The vendor's address, unless the settings name another."""
        return self._route.base_url

    def models(self) -> Sequence[ModelInfo]:
        """Those the settings name."""
        further = filter(None, map(str.strip, self._settings.models.split(",")))
        names = dict.fromkeys([self.default_model, *map(self._full_name, further)])
        return [ModelInfo(name=name, capabilities=engine.capabilities(name)) for name in names]

    def model(self, name: str) -> Model:
        """A model of the vendor's, with or without the vendor in front."""
        way = self._route
        origin = Origin(
            provider=self.name,
            model=name,
            key_variable=way.key_variable,
            model_variable=way.model_variable,
            url_variable=way.url_variable,
        )
        dialect = Dialect(signed=way.prefix == "gemini")
        return ChatCompletionsModel(
            self._endpoint, self._full_name(name), dialect=dialect, origin=origin, settings=self._settings
        )

    async def check(self) -> None:
        """Ask the default model for a word."""
        await first_word(self.model(self.default_model))

    async def aclose(self) -> None:
        """Close all connections, and end what LiteLLM started."""
        await self._endpoint.aclose()
        await engine.stop()

    def _full_name(self, name: str) -> str:
        return name if name.startswith(f"{self._route.prefix}/") else f"{self._route.prefix}/{name}"

    def _access(self) -> dict[str, Any]:
        """What every request needs. Given outright, so that LiteLLM looks for none of it in the environment."""
        access = {
            "api_key": self._route.api_key.reveal() or "none",
            "api_base": self._route.base_url,
            "num_retries": 0,
            "max_retries": 0,
        }
        return {**access, "api_version": self._settings.api_version} if self._route.prefix == "azure" else access
