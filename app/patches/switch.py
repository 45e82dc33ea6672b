"""The switch `APP_PATCHES`. It is read before any library is imported, so it needs none itself."""

import os
from contextlib import suppress
from typing import Final

VARIABLE: Final = "APP_PATCHES"
OFF: Final = "off"


class Switch:
    """The value of `APP_PATCHES`: from the environment of this process, else from the file that was read."""

    def __init__(self) -> None:
        self._from_file = ""

    def read(self, file: str) -> None:
        """Take the value from a `.env` file, if there is one. A file that cannot be read is reported later."""
        # python-dotenv is the one library that is imported before the switch is known; nothing patches it.
        from dotenv import dotenv_values

        with suppress(OSError, UnicodeError):
            self._from_file = dotenv_values(file).get(VARIABLE) or ""

    @property
    def is_on(self) -> bool:
        """True unless the value is `off`."""
        value = os.environ.get(VARIABLE, "").strip() or self._from_file.strip()
        return value != OFF


switch: Final = Switch()
