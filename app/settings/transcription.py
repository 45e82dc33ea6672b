"""Settings of dictation."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec

from app.domain.redaction import MaskedStruct
from app.environment import Problem, Secret, checks, env

OPENAI = "https://api.openai.com/v1"


class TranscriptionSettings(MaskedStruct, frozen=True, kw_only=True):
    """The model that transcribes dictated speech; without a model dictation is off."""

    model: Annotated[
        str,
        env(
            "TRANSCRIPTION_MODEL",
            help="Model that transcribes speech, such as `gpt-4o-mini-transcribe` or `whisper-1`. Unset: dictation is "
            "off.",
            expects="a model's name, without spaces",
            check=checks.word,
        ),
    ] = ""
    base_url: Annotated[
        str,
        env(
            "TRANSCRIPTION_BASE_URL",
            help="Base address of a server with OpenAI's audio endpoint.",
            expects="an http(s) URL, such as http://localhost:9000/v1",
            check=checks.base_url,
        ),
    ] = OPENAI
    api_key: Annotated[
        Secret,
        env(
            "TRANSCRIPTION_API_KEY",
            help="Key for TRANSCRIPTION_BASE_URL. Unset: `OPENAI_API_KEY` if that server is OpenAI's.",
            expects="a key, without spaces",
            check=checks.key,
        ),
    ] = Secret("")


def with_openai_key(
    wanted: TranscriptionSettings, providers: Mapping[str, Any], problems: list[Problem]
) -> TranscriptionSettings:
    """Fill in the key of the OpenAI provider, for OpenAI's own address only."""
    if not wanted.model or wanted.api_key or urlsplit(wanted.base_url).hostname != urlsplit(OPENAI).hostname:
        return wanted
    key = getattr(providers.get("openai"), "api_key", Secret(""))
    if not key:
        missing = "OpenAI's audio endpoint needs a key: set TRANSCRIPTION_API_KEY or OPENAI_API_KEY"
        problems.append(Problem("TRANSCRIPTION_MODEL", missing))
    return msgspec.structs.replace(wanted, api_key=key)
