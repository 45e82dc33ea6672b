"""The settings of MCP, in both directions."""

from enum import StrEnum
from typing import Annotated

import msgspec

from app.environment import Secret, env


class Switch(StrEnum):
    """Whether something is there."""

    ON = "on"
    OFF = "off"


class McpSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Tools of other programs for the assistant, and its own tools for other programs."""

    served: Annotated[
        Switch,
        env("MCP", help="Whether `/mcp` offers the task tools to MCP clients.", expects="on or off"),
    ] = Switch.ON
    servers: Annotated[
        Secret,
        env(
            "MCP_SERVERS",
            help="MCP servers whose tools the assistant may use, as other MCP clients configure them: "
            "JSON, or the path of a JSON file.",
            expects='JSON such as {"name": {"command": "…"}} or {"name": {"url": "…"}}, or the path of a file',
        ),
    ] = Secret("")
    timeout: Annotated[
        float,
        env(
            "MCP_TIMEOUT_SECONDS",
            help="How long an MCP server may take for an answer.",
            expects="a number of seconds from 0.1 to 600",
            ge=0.1,
            le=600,
        ),
    ] = 30.0
