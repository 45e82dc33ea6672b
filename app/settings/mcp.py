"""Settings of MCP: its endpoint and its servers."""

from enum import StrEnum
from typing import Annotated

from app.domain.redaction import MaskedStruct
from app.environment import Secret, env


class Switch(StrEnum):
    """State of a feature: on or off."""

    ON = "on"
    OFF = "off"


class McpSettings(MaskedStruct, frozen=True, kw_only=True):
    """The endpoint for other programs, and the servers whose tools the assistant uses."""

    served: Annotated[
        Switch,
        env("MCP", help="`on` offers the task tools to MCP clients at `/mcp`.", expects="on or off"),
    ] = Switch.ON
    servers: Annotated[
        Secret,
        env(
            "MCP_SERVERS",
            help="MCP servers whose tools the assistant may use: JSON in the format of other MCP clients, or the path "
            "of a JSON file.",
            expects='JSON such as {"name": {"command": "…"}} or {"name": {"url": "…"}}, or the path of a file',
        ),
    ] = Secret("")
    timeout: Annotated[
        float,
        env(
            "MCP_TIMEOUT_SECONDS",
            help="Seconds that an MCP server may take to answer.",
            expects="a number of seconds from 0.1 to 600",
            ge=0.1,
            le=600,
        ),
    ] = 30.0
