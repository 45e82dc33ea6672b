"""How long the arguments of one call of a tool may be."""

from collections.abc import Iterable
from typing import Final

from openai.types.responses import ResponseFunctionToolCall, ResponseOutputItem

CHARACTERS: Final = 250_000
"""What models write in one answer is less; each time so many are read holds up everybody else, for some 10 ms."""

LEFT_OUT: Final = f"[left out: more than {CHARACTERS} characters]"
"""In the place of what is too long: no JSON, so that no tool takes it for its arguments."""

TOO_LONG: Final = f"The arguments are too long: at most {CHARACTERS} characters in one call. Do it in several."


def bound_arguments(output: Iterable[ResponseOutputItem]) -> None:
    """Leave out, in place, the arguments of calls that are too long."""
    for item in output:
        if isinstance(item, ResponseFunctionToolCall) and len(item.arguments) > CHARACTERS:
            item.arguments = LEFT_OUT
