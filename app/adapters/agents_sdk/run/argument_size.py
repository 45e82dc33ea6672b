"""Request limit for the arguments of one tool call: length, values and depth; and whole characters in them."""

import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from openai.types.responses import ResponseFunctionToolCall, ResponseOutputItem

from app.domain.json_text import DEPTH, excess

CHARACTERS: Final = 250_000
"""More than models write in one answer; reading this many blocks the event loop for about 10 ms each time."""

VALUES: Final = 10_000
"""Strings and entries of lists and objects. The Agents SDK normalizes each in Python: that many take some 15 ms."""

OMITTED: Final = f"[left out: more than {CHARACTERS} characters, {VALUES} values, or {DEPTH} levels]"
"""Replaces arguments over the limit; the text is no JSON, so no tool accepts it as arguments."""

TOO_LARGE: Final = (
    f"The arguments are too long or too deep: at most {CHARACTERS} characters, {VALUES} values and {DEPTH} levels of "
    "lists and objects in one call. Do it in several."
)


def bound_arguments(output: Iterable[ResponseOutputItem]) -> None:
    """Replace, in place, the arguments of each call that exceed the limit, and half a surrogate pair in any."""
    for item in output:
        if isinstance(item, ResponseFunctionToolCall):
            item.arguments = OMITTED if _is_too_large(item.arguments) else _whole(item.arguments)


def _is_too_large(arguments: str) -> bool:
    return len(arguments) > CHARACTERS or excess(arguments.encode(errors="surrogatepass"), VALUES) is not None


def _whole(arguments: str) -> str:
    """The arguments without half a surrogate pair, which UTF-8, and with it the Agents SDK, does not know."""
    text = arguments
    if "\\ud" in arguments.lower():
        with suppress(ValueError):
            text = json.dumps(json.loads(arguments), ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return arguments
