"""Request limit for the arguments of one tool call: length, values and depth."""

from collections.abc import Iterable
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
    """Replace, in place, the arguments of each call that exceed the limit."""
    for item in output:
        if isinstance(item, ResponseFunctionToolCall) and _is_too_large(item.arguments):
            item.arguments = OMITTED


def _is_too_large(arguments: str) -> bool:
    return len(arguments) > CHARACTERS or excess(arguments.encode(errors="surrogatepass"), VALUES) is not None
