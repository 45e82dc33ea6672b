"""Dialect of chat completions: differences between upstreams, as data."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec


def _nothing(model: str) -> str:
    return ""


def _as_it_is(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return schema


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """Dialect of one upstream.

    `signed`: it signs tool calls and requires the signature back; `unsigned_call` returns the placeholder for a call
    of another provider, by model name. `schema` converts the JSON schema of a tool. `strict_tools`: it accepts the
    `strict` flag of a function. `max_tokens` is its name for the length limit.
    """

    signed: bool = False
    unsigned_call: Callable[[str], str] = _nothing
    schema: Callable[[Mapping[str, Any]], Mapping[str, Any]] = _as_it_is
    strict_tools: bool = False
    parallel_tool_calls: bool = False
    max_tokens: str = "max_tokens"
