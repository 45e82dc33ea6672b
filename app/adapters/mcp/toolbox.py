"""MCP toolbox: the tools of all configured servers as one toolbox."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from app.adapters.mcp.config import ServerConfig
from app.adapters.mcp.connection import Connection
from app.domain.errors import NotFoundError
from app.domain.identity import RequestContext
from app.domain.language import _
from app.ports.toolbox import Toolbox, ToolResult, ToolSpec

FIRST_ATTEMPT_SECONDS: Final = 5.0
"""Limit of the start's wait for the servers; the tools of a slower server follow later."""

_MAX_NAME_CHARACTERS: Final = 64
_DISALLOWED: Final = re.compile(r"[^A-Za-z0-9_-]")
"""OpenAI and Gemini accept no longer function names and no other characters."""

_MAX_DESCRIPTION_CHARACTERS: Final = 2_000


class _ConnectedTool(msgspec.Struct, frozen=True):
    connection: Connection
    name: str
    spec: ToolSpec


class McpToolbox(Toolbox):
    """The tools of the connected servers, each named `server_tool`; a lost connection removes its tools."""

    def __init__(self, servers: Sequence[ServerConfig], *, timeout: float) -> None:
        self._connections = [Connection(server, timeout=timeout) for server in servers]

    async def wait_for_first_attempts(self) -> None:
        """Wait for the first attempt to connect to each server, at most `FIRST_ATTEMPT_SECONDS`."""
        attempts = [asyncio.create_task(connection.attempted.wait()) for connection in self._connections]
        if attempts:
            _, pending = await asyncio.wait(attempts, timeout=FIRST_ATTEMPT_SECONDS)
            for attempt in pending:
                attempt.cancel()

    @property
    def tools(self) -> Sequence[ToolSpec]:
        """The tools of the connected servers, in the order of the configuration."""
        return [tool.spec for tool in self._connected_tools().values()]

    async def call(self, name: str, arguments: Mapping[str, Any], context: RequestContext) -> ToolResult:
        """Call a tool on its server, with the operator's login; the server does not learn the user.

        Raises `NotFoundError` for an unknown name.
        """
        tool = self._connected_tools().get(name)
        if tool is None:
            raise NotFoundError(_("There is no tool “{name}”.", name=name[:_MAX_NAME_CHARACTERS]))
        return await tool.connection.call(tool.name, arguments)

    async def aclose(self) -> None:
        """Close every connection. Idempotent."""
        await asyncio.gather(*(connection.aclose() for connection in self._connections))

    def _connected_tools(self) -> Mapping[str, _ConnectedTool]:
        connected: dict[str, _ConnectedTool] = {}
        for connection in self._connections:
            for tool in connection.tools:
                name = _DISALLOWED.sub("_", f"{connection.name}_{tool.name}")[:_MAX_NAME_CHARACTERS]
                description = (tool.description or tool.title or tool.name)[:_MAX_DESCRIPTION_CHARACTERS]
                hints = tool.annotations
                read_only = hints is not None and hints.read_only_hint is True
                spec = ToolSpec(name=name, description=description, schema=tool.input_schema, read_only=read_only)
                # Of two equal names the first tool wins.
                connected.setdefault(name, _ConnectedTool(connection, tool.name, spec))
        return connected
