"""Entry point of Gemini: which settings choose it, and what is missing to use it."""

from app.adapters.providers.gemini.provider import GeminiProvider
from app.adapters.providers.gemini.settings import GeminiSettings
from app.ports.model_provider import ProviderPlugin


def _missing(settings: GeminiSettings) -> str:
    return "" if settings.api_key else "GEMINI_API_KEY is not set: get a key from https://aistudio.google.com/apikey"


plugin = ProviderPlugin(
    name="gemini",
    settings=GeminiSettings,
    build=GeminiProvider,
    missing=_missing,
    detect=lambda settings: bool(settings.api_key),
    rank=10,
)
