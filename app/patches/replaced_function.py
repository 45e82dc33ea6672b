"""How a shortcut takes the place of a private function of the Agents SDK."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol


class Shortcut(Protocol):
    """Made with the SDK's own function, and called in its place."""

    def __init__(self, own: Callable[[Any], Any], /) -> None: ...

    def __call__(self, given: Any, /) -> Any: ...


def take_place(module_name: str, name: str, shortcut: type[Shortcut]) -> None:
    """From now on, in this process. Safe to repeat; where there is no such function, everything stays as it is."""
    module = import_module(module_name)
    own = getattr(module, name, None)
    if own is not None and not isinstance(own, shortcut):
        setattr(module, name, shortcut(own))
