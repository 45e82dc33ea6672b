"""Settings of the LiteLLM provider, and the route that follows from them."""

from typing import Annotated

import msgspec

from app.adapters.providers.litellm.vendors import UNKNOWN, VENDORS, Vendor
from app.adapters.providers.shared.settings import UpstreamSettings
from app.domain.redaction import MaskedStruct
from app.environment import Secret, checks, env

NAME = "litellm"
OPENROUTER_MODEL = "google/gemini-2.5-flash"
AZURE_API_VERSION = "2024-10-21"


def _key(variable: str, vendor: str, *more: str) -> msgspec.Meta:
    return env(variable, *more, help=f"Key for `{vendor}/…` models.", expects="a key, without spaces", check=checks.key)


class LitellmSettings(UpstreamSettings, frozen=True, kw_only=True):
    """Model, keys and addresses for LiteLLM."""

    model: Annotated[
        str,
        env(
            "LITELLM_MODEL",
            help="Vendor and model, such as `anthropic/claude-sonnet-4-5`, `azure/my-deployment`, "
            "`gemini/gemini-2.5-flash` or `openrouter/openai/gpt-5-mini`.",
            expects="vendor/model, such as gemini/gemini-2.5-flash",
            check=checks.matching(r"[^\s/]+/\S+"),
        ),
    ] = ""
    api_key: Annotated[
        Secret,
        env(
            "LITELLM_API_KEY",
            help="Key for `LITELLM_MODEL`; it wins over the vendor's own variable.",
            expects="a key, without spaces",
            check=checks.key,
        ),
    ] = Secret("")
    base_url: Annotated[
        str,
        env(
            "LITELLM_BASE_URL",
            help="Base address of the model, instead of the vendor's.",
            expects="an address such as https://llm.example.com/v1",
            check=checks.base_url,
        ),
    ] = ""
    api_version: Annotated[
        str,
        env(
            "LITELLM_API_VERSION",
            "AZURE_API_VERSION",
            help="Version of Azure's API.",
            expects="a version, such as 2024-10-21, 2025-04-01-preview or v1",
            check=checks.matching(r"\d{4}-\d{2}-\d{2}(-[a-z0-9]+)?|v\d+|latest|preview"),
        ),
    ] = AZURE_API_VERSION
    azure_base_url: Annotated[
        str,
        env(
            "AZURE_API_BASE",
            help="Address of the Azure OpenAI resource.",
            expects="an address such as https://name.openai.azure.com",
            check=checks.base_url,
        ),
    ] = ""
    models: Annotated[
        str,
        env(
            "LITELLM_MODELS",
            help="Additional models of the same vendor to choose from, separated by commas.",
            expects="names of models, separated by commas",
            check=checks.words,
        ),
    ] = ""
    openrouter_model: Annotated[
        str,
        env(
            "OPENROUTER_MODEL",
            help="Model at OpenRouter, when `LITELLM_MODEL` is unset.",
            expects="a model's name, without spaces",
            check=checks.word,
        ),
    ] = OPENROUTER_MODEL
    openrouter_api_key: Annotated[Secret, _key("OPENROUTER_API_KEY", "openrouter")] = Secret("")
    gemini_api_key: Annotated[Secret, _key("GEMINI_API_KEY", "gemini", "GOOGLE_API_KEY")] = Secret("")
    anthropic_api_key: Annotated[Secret, _key("ANTHROPIC_API_KEY", "anthropic")] = Secret("")
    openai_api_key: Annotated[Secret, _key("OPENAI_API_KEY", "openai")] = Secret("")
    azure_api_key: Annotated[Secret, _key("AZURE_API_KEY", "azure")] = Secret("")
    mistral_api_key: Annotated[Secret, _key("MISTRAL_API_KEY", "mistral")] = Secret("")
    groq_api_key: Annotated[Secret, _key("GROQ_API_KEY", "groq")] = Secret("")
    deepseek_api_key: Annotated[Secret, _key("DEEPSEEK_API_KEY", "deepseek")] = Secret("")
    xai_api_key: Annotated[Secret, _key("XAI_API_KEY", "xai")] = Secret("")


class Route(MaskedStruct, frozen=True, kw_only=True):
    """Route of requests: one vendor, one address, one key."""

    prefix: str
    vendor: Vendor
    model: str
    base_url: str
    api_key: Secret
    key_variable: str
    model_variable: str
    url_variable: str


def route(settings: LitellmSettings) -> Route:
    """Resolve the route of requests. Parts that the settings do not give are empty; `missing` reports them."""
    variable, model = ("LITELLM_MODEL", settings.model) if settings.model else _openrouter(settings)
    prefix, slash, _ = model.partition("/")
    vendor = VENDORS.get(prefix, UNKNOWN)
    own_key: Secret = getattr(settings, vendor.key_setting) if vendor.key_setting else Secret("")
    azure = prefix == "azure"
    return Route(
        prefix=prefix if slash else "",
        vendor=vendor,
        model=model,
        base_url=settings.base_url or (settings.azure_base_url if azure else vendor.base_url),
        api_key=settings.api_key or own_key,
        key_variable="LITELLM_API_KEY" if settings.api_key else vendor.key_variable,
        model_variable=variable,
        url_variable="AZURE_API_BASE" if azure and not settings.base_url else "LITELLM_BASE_URL",
    )


def _openrouter(settings: LitellmSettings) -> tuple[str, str]:
    if not settings.openrouter_api_key:
        return "LITELLM_MODEL", ""
    # OpenRouter's own names have one slash, also `openrouter/auto`; a second one means LiteLLM's prefix is there.
    prefixed = settings.openrouter_model.startswith("openrouter/") and settings.openrouter_model.count("/") > 1
    return "OPENROUTER_MODEL", settings.openrouter_model if prefixed else f"openrouter/{settings.openrouter_model}"
