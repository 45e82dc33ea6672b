"""Patch: one entry of the register."""

import platform
import threading
from importlib import import_module, metadata
from typing import Final, Literal

import msgspec

from app.patches.switch import switch

PYTHON: Final = "CPython"

_checking = threading.RLock()
"""Modules of one library may import each other in a circle, which two threads at once cannot complete."""

State = Literal["applied", "does not fit", "off", "not installed"]


class Patch(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a library's behaviour, or a use of its private names.

    `version` is the release, or the start of one, that the patch was made for. A `speed` patch can be switched off. A
    `safety` patch cannot: the server would be less safe without it, or would not start. `module` holds the patch and
    its function `fits`.
    """

    name: str
    target: str
    version: str
    kind: Literal["speed", "safety"]
    gain: str
    module: str

    @property
    def is_on(self) -> bool:
        """True when the switch allows the patch."""
        return self.kind == "safety" or switch.is_on

    def fits(self) -> bool:
        """True when the installed library has what the patch uses; never raises. Imports the library."""
        try:
            with _checking:
                return bool(import_module(self.module).fits())
        except Exception:  # a library of another shape may fail in any way
            return False

    def is_applied(self) -> bool:
        """True when the patch is on and fits, so that it is applied."""
        return self.is_on and self.fits()

    def installed(self) -> str | None:
        """The version of the target that is installed."""
        if self.target == PYTHON:
            return platform.python_version()
        try:
            return metadata.version(self.target)
        except metadata.PackageNotFoundError:
            return None

    def state(self) -> State:
        """The state that `doctor` shows. Imports the library."""
        if self.installed() is None:
            return "not installed"
        if not self.is_on:
            return "off"
        return "applied" if self.fits() else "does not fit"
