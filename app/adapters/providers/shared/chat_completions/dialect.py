"""Dialect of chat completions: differences between upstreams, as data."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

import msgspec


def _nothing(model: str) -> str:
    return ""


def _none_refused(model: str) -> Collection[str]:
    return ()


PENALTIES: Final = frozenset({"frequency_penalty", "presence_penalty"})


def _as_it_is(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return schema


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """Dialect of one upstream.

    `signed`: it signs tool calls and requires the signature back; `unsigned_call` returns the placeholder for a call
    of another provider, by model name. `schema` converts the JSON schema of a tool. `strict_tools`: it accepts the
    `strict` flag of a function. `max_tokens` is its name for the length limit. `parameters` are the rarer model
    settings that it accepts under their own names; `refused` returns the settings that one of its models refuses.
    """

    signed: bool = False
    unsigned_call: Callable[[str], str] = _nothing
    schema: Callable[[Mapping[str, Any]], Mapping[str, Any]] = _as_it_is
    strict_tools: bool = False
    parallel_tool_calls: bool = False
    max_tokens: str = "max_tokens"
    parameters: Collection[str] = PENALTIES
    refused: Callable[[str], Collection[str]] = _none_refused
