"""Entry point of OpenAI: which settings choose it, and what is missing to use it."""

from app.adapters.providers.openai.provider import OpenAIProvider
from app.adapters.providers.openai.settings import OpenAISettings
from app.ports.model_provider import ProviderPlugin


def _missing(settings: OpenAISettings) -> str:
    if settings.api_key or not settings.at_openai:
        return ""
    return "OPENAI_API_KEY is not set: get a key from https://platform.openai.com/api-keys"


plugin = ProviderPlugin(
    name="openai",
    settings=OpenAISettings,
    build=OpenAIProvider,
    missing=_missing,
    detect=lambda settings: bool(settings.api_key) or not settings.at_openai,
    rank=20,
)
