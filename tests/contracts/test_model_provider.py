"""The contract of `ModelProvider`, on the providers that speak HTTP through the `openai` package."""

from app.adapters.providers.gemini import GeminiProvider, GeminiSettings
from app.environment import Secret
from app.ports.model_provider import ModelProvider
from tests.contracts.model_provider import ModelProviderContract
from tests.fakes.dialects import SECRET
from tests.fakes.gemini_wire import GeminiChat


class TestGemini(ModelProviderContract):
    """Chat completions as Gemini speaks them."""

    dialect = GeminiChat()
    model = "gemini-2.5-flash"

    def build(self, url: str, patience: float) -> ModelProvider:
        return GeminiProvider(
            GeminiSettings(
                api_key=Secret(SECRET),
                model=self.model,
                base_url=f"{url}/v1beta/openai/",
                first_token_timeout=patience,
                idle_timeout=patience,
                retry_delay=0.01,
            )
        )


class TestGemini3(TestGemini):
    """Gemini 3 refuses calls that nobody signed."""

    model = "gemini-3-flash"
