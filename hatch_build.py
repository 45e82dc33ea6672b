"""Hatchling's build hook: a wheel without the built front end is refused, for its page could show no chat."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SCRIPT = "app/_web/chatkit.js"


class FrontEndHook(BuildHookInterface[Any]):
    """Checks that `make web` ran before the wheel is packed. An editable install needs no front end."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Raise `FileNotFoundError` when the front end is missing."""
        if version != "editable" and not (Path(self.root) / SCRIPT).is_file():
            raise FileNotFoundError(f"{SCRIPT} is missing. Build the front end first, with `make web`; it needs Node.")
