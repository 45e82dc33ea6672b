"""Tool calls with long arguments are told from others letter by letter.

To know a call again the Agents SDK reads its arguments, sorts them and writes them anew, in Python, several times in
one step of the loop: a megabyte of small values takes it 700 ms each time. Leans on a private function of
openai-agents 0.24, `_normalize_arguments` in `agents._tool_invocation`; where it is missing, everything is the SDK's.
"""

import hashlib
from collections.abc import Callable
from typing import Any, Final

from app.patches.replaced_function import take_place

MODULE: Final = "agents._tool_invocation"
NAME: Final = "_normalize_arguments"

LONG: Final = 1_000
"""Characters; up to here the order of the arguments and the space between them make no difference, as in the SDK."""


class ByTheirLetters:
    """What stands for a call's arguments among all that it is known by."""

    def __init__(self, of_short: Callable[[Any], Any]) -> None:
        self._of_short = of_short

    def __call__(self, arguments: Any) -> Any:
        if not isinstance(arguments, str) or len(arguments) <= LONG:
            return self._of_short(arguments)
        return hashlib.sha256(arguments.encode(errors="surrogatepass")).hexdigest()


def know_by_letters() -> None:
    """From now on, in this process. Safe to repeat."""
    take_place(MODULE, NAME, ByTheirLetters)
