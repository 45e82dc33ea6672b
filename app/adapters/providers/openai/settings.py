"""Settings of the openai provider."""

from enum import StrEnum
from typing import Annotated, Final
from urllib.parse import urlsplit

from app.adapters.providers.shared.settings import UpstreamSettings
from app.environment import Secret, checks, env
from app.environment.checks import LONGEST_SECONDS

_OWN_ADDRESS: Final = "https://api.openai.com/v1/"


class Api(StrEnum):
    """API of OpenAI that requests use."""

    RESPONSES = "responses"
    CHAT = "chat"


class OpenAISettings(UpstreamSettings, frozen=True, kw_only=True):
    """Key, address, API and models of OpenAI."""

    api_key: Annotated[
        Secret,
        env(
            "OPENAI_API_KEY",
            help="Key from https://platform.openai.com/api-keys.",
            expects="a key, without spaces",
            check=checks.key,
        ),
    ] = Secret("")
    model: Annotated[
        str,
        env(
            "OPENAI_MODEL",
            "OPENAI_DEFAULT_MODEL",
            help="Default model of OpenAI.",
            expects="a model's name, without spaces",
            check=checks.word,
        ),
    ] = "gpt-4o-mini"
    models: Annotated[
        str,
        env(
            "OPENAI_MODELS",
            help="Additional models of OpenAI to choose from, separated by commas.",
            expects="names of models, separated by commas",
            check=checks.words,
        ),
    ] = ""
    base_url: Annotated[
        str,
        env(
            "OPENAI_BASE_URL",
            help="Base address of a server compatible with OpenAI, such as http://localhost:11434/v1 for Ollama. "
            "It needs no key.",
            expects="an http(s) URL, such as http://localhost:11434/v1",
            check=checks.base_url,
        ),
    ] = _OWN_ADDRESS
    api: Annotated[
        Api | None,
        env(
            "OPENAI_API",
            help="Interface of the server: `responses` or `chat`. Unset: `responses` at OpenAI, `chat` at other "
            "servers.",
            expects="responses or chat",
        ),
    ] = None

    hosted_call_timeout: Annotated[
        float,
        env(
            "OPENAI_HOSTED_CALL_TIMEOUT",
            help="Seconds that OpenAI may be silent while it runs a hosted tool itself, such as image generation.",
            expects="seconds from 0.01 to 86400",
            ge=0.01,
            le=LONGEST_SECONDS,
        ),
    ] = 600.0

    @property
    def at_openai(self) -> bool:
        """True when the address is OpenAI's own."""
        return urlsplit(self.base_url).hostname == urlsplit(_OWN_ADDRESS).hostname

    @property
    def speaks(self) -> Api:
        """API after defaults are applied."""
        return self.api or (Api.RESPONSES if self.at_openai else Api.CHAT)
