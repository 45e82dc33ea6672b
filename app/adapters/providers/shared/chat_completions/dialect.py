"""How one upstream's chat completions differ from another's, as data."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec


def _nothing(model: str) -> str:
    return ""


def _as_it_is(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return schema


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """What an upstream accepts.

    `signed`: it signs its tool calls and wants the signature back; `unsigned_call` gives what it takes in place of
    one for a call of somebody else's, by model name. `strict_tools`: it knows the `strict` flag
    of a function. `max_tokens` is what it calls the limit of an answer.
    """

    signed: bool = False
    unsigned_call: Callable[[str], str] = _nothing
    schema: Callable[[Mapping[str, Any]], Mapping[str, Any]] = _as_it_is
    strict_tools: bool = False
    parallel_tool_calls: bool = False
    max_tokens: str = "max_tokens"
