"""Model settings of an agent, reduced to what an upstream may be sent."""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Final, cast

from agents import ModelSettings

_NO_SAMPLING: Final = re.compile(r"o\d|gpt-5(?![.]|-chat)")
_SAMPLING: Final = frozenset({"temperature", "top_p", "frequency_penalty", "presence_penalty", "top_logprobs"})

_OPERATOR_DECIDES: Final = frozenset({"store", "background", "previous_response_id", "conversation"})
"""Parameters that make an upstream keep what users write; an agent may not set them."""


def refused_by_openai(model: str) -> Collection[str]:
    """Return the settings that a model of OpenAI refuses: the first reasoning models take no sampling parameters."""
    return _SAMPLING if _NO_SAMPLING.match(model) else ()


def allowed(settings: ModelSettings, refused: Collection[str] = ()) -> ModelSettings:
    """Return the settings without the refused ones, and without a wish that the upstream stores the conversation."""
    left_out: dict[str, Any] = {name: None for name in refused if getattr(settings, name, None) is not None}
    for name in ("extra_body", "extra_args"):
        extra = getattr(settings, name)
        if isinstance(extra, Mapping) and (_OPERATOR_DECIDES | set(refused)) & extra.keys():
            left_out[name] = {key: value for key, value in extra.items() if key not in _OPERATOR_DECIDES | set(refused)}
    return replace(settings, **left_out) if left_out else settings


def more_chat_parameters(settings: ModelSettings, accepted: Collection[str]) -> Mapping[str, Any]:
    """Return the rarer parameters of a chat completion that the upstream accepts; empty for most agents."""
    parameters = {name: value for name in accepted if (value := getattr(settings, name)) is not None}
    if "top_logprobs" in parameters:
        parameters["logprobs"] = True
    return {**parameters, **(settings.extra_args or {}), **cast(dict[str, Any], settings.extra_body or {})}
