"""What makes an assistant: what it is told, and what it can do."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from agents import Tool


def plain_title(tool_name: str, arguments: Mapping[str, Any]) -> str:
    """A readable line for any tool: `create_task` becomes “Create task”."""
    return tool_name.replace("_", " ").capitalize()


class Assistant(msgspec.Struct, frozen=True, kw_only=True):
    """An assistant as data; `describe` gives the line that is shown while a tool runs."""

    name: str
    instructions: str
    tools: Sequence[Tool] = ()
    describe: Callable[[str, Mapping[str, Any]], str] = plain_title
