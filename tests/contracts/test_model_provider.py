"""The contract of `ModelProvider`, on the providers that speak HTTP through the `openai` package."""

from typing import Any, ClassVar

from app.adapters.providers.gemini.provider import GeminiProvider
from app.adapters.providers.gemini.settings import GeminiSettings
from app.adapters.providers.openai.provider import OpenAIProvider
from app.adapters.providers.openai.settings import Api, OpenAISettings
from app.environment import Secret
from app.ports.model_provider import ModelProvider
from tests.contracts.model_provider import ModelProviderContract, TakesFiles
from tests.fakes.chat_wire import OpenAIChat
from tests.fakes.dialects import SECRET, Dialect
from tests.fakes.gemini_wire import GeminiChat
from tests.fakes.responses_wire import Responses


def impatiently(patience: float) -> dict[str, Any]:
    """Settings of every upstream: given patience, soon repeated."""
    return {"first_token_timeout": patience, "idle_timeout": patience, "retry_delay": 0.01}


class TestGemini(ModelProviderContract):
    """Chat completions as Gemini speaks them."""

    dialect = GeminiChat()
    model = "gemini-2.5-flash"

    def build(self, url: str, patience: float) -> ModelProvider:
        settings = GeminiSettings(
            api_key=Secret(SECRET), model=self.model, base_url=f"{url}/v1beta/openai/", **impatiently(patience)
        )
        return GeminiProvider(settings)


class TestGemini3(TestGemini):
    """Gemini 3 refuses calls without a signature."""

    model = "gemini-3-flash"


class TestOpenAIChat(TakesFiles):
    """Chat completions as OpenAI and its imitators speak them."""

    dialect: ClassVar[Dialect] = OpenAIChat()
    api = Api.CHAT
    model = "gpt-4o-mini"

    def build(self, url: str, patience: float) -> ModelProvider:
        settings = OpenAISettings(
            api_key=Secret(SECRET), model=self.model, base_url=f"{url}/v1", api=self.api, **impatiently(patience)
        )
        return OpenAIProvider(settings)


class TestOpenAIResponses(TestOpenAIChat):
    """The Responses API."""

    dialect = Responses()
    api = Api.RESPONSES


class TestOpenAIReasoning(TestOpenAIResponses):
    """The Responses API with a model that thinks."""

    model = "gpt-5-mini"
