"""Entry point of LiteLLM: which settings choose it, and what is missing to use it."""

import importlib.util

from app.adapters.providers.litellm.settings import NAME, LitellmSettings, route
from app.ports.model_provider import ModelProvider, ProviderPlugin


def missing(settings: LitellmSettings) -> str:
    """Reason why the settings do not suffice, with the variable to set; empty when they do."""
    if importlib.util.find_spec("litellm") is None:
        return "LiteLLM is not installed: pip install 'anyport[litellm]'"
    way = route(settings)
    if not way.model:
        return "LITELLM_MODEL is not set: name a vendor and a model, such as gemini/gemini-2.5-flash"
    if not way.base_url:
        return f"{way.url_variable} is not set: give the address of {way.prefix}/… models"
    if not way.api_key and way.vendor.keys_at:
        return f"{way.key_variable} is not set: get a key from {way.vendor.keys_at}"
    return ""


def _build(settings: LitellmSettings) -> ModelProvider:
    # Imports httpx, which no other part of the server uses.
    from app.adapters.providers.litellm.provider import LitellmProvider

    return LitellmProvider(settings)


plugin = ProviderPlugin(
    name=NAME,
    settings=LitellmSettings,
    build=_build,
    missing=missing,
    detect=lambda settings: bool(settings.model or settings.openrouter_api_key),
    rank=30,
)
