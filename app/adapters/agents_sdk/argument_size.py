"""How long, and how deep, the arguments of one call of a tool may be."""

from collections.abc import Iterable
from typing import Final

from openai.types.responses import ResponseFunctionToolCall, ResponseOutputItem

from app.domain.json_text import DEPTH, is_too_deep

CHARACTERS: Final = 250_000
"""What models write in one answer is less; each time so many are read holds up everybody else, for some 10 ms."""

OMITTED: Final = f"[left out: more than {CHARACTERS} characters, or {DEPTH} levels]"
"""In the place of what is too much: no JSON, so that no tool takes it for its arguments."""

TOO_LARGE: Final = (
    f"The arguments are too long or too deep: at most {CHARACTERS} characters and {DEPTH} levels of lists and objects "
    "in one call. Do it in several."
)


def bound_arguments(output: Iterable[ResponseOutputItem]) -> None:
    """Leave out, in place, the arguments of calls that are too long or too deep."""
    for item in output:
        if isinstance(item, ResponseFunctionToolCall) and _is_too_large(item.arguments):
            item.arguments = OMITTED


def _is_too_large(arguments: str) -> bool:
    return len(arguments) > CHARACTERS or is_too_deep(arguments.encode(errors="surrogatepass"))
