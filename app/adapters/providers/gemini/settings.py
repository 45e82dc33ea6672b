"""Settings of the gemini provider."""

from typing import Annotated

from app.adapters.providers.shared.settings import UpstreamSettings
from app.environment import Secret, checks, env


class GeminiSettings(UpstreamSettings, frozen=True, kw_only=True):
    """Key, address and models of Gemini."""

    api_key: Annotated[
        Secret,
        env(
            "GEMINI_API_KEY",
            "GOOGLE_API_KEY",
            help="Key from https://aistudio.google.com/apikey.",
            expects="a key, without spaces",
            check=checks.key,
        ),
    ] = Secret("")
    model: Annotated[
        str,
        env(
            "GEMINI_MODEL",
            "GEMINI_DEFAULT_MODEL",
            help="Default model of Gemini.",
            expects="a model's name, without spaces",
            check=checks.word,
        ),
    ] = "gemini-2.5-flash"
    models: Annotated[
        str,
        env(
            "GEMINI_MODELS",
            help="Additional models of Gemini to choose from, separated by commas.",
            expects="names of models, separated by commas",
            check=checks.words,
        ),
    ] = ""
    base_url: Annotated[
        str,
        env(
            "GEMINI_BASE_URL",
            help="Base address of another server with Gemini's interface.",
            expects="an http(s) URL, such as https://llm.example.com/v1",
            check=checks.base_url,
        ),
    ] = "https://generativelanguage.googleapis.com/v1beta/openai/"
