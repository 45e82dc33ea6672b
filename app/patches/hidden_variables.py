"""Hidden variables: environment variables that a library reads at import, for a choice that our settings make."""

import os
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import Final

READERS: Final[Mapping[str, str]] = {
    "LOG_LEVEL": "chatkit.logger",  # It makes a log level of the value, and fails at one that Python does not have.
}
"""The modules that read them."""


def import_without_variables() -> None:
    """Import the modules while their variables are unset. For a process that has no second thread yet."""
    hidden = {name: os.environ.pop(name) for name in READERS if name in os.environ}
    try:
        for module in READERS.values():
            with suppress(ImportError):
                import_module(module)
    finally:
        os.environ.update(hidden)


def fits() -> bool:
    """True when the modules are where they are expected."""
    return all(find_spec(module) is not None for module in READERS.values())
