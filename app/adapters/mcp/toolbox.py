"""The tools of all configured MCP servers as one toolbox."""

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
"""How long the start waits for servers; a slower one brings its tools later."""

_LONGEST_NAME: Final = 64
"""OpenAI and Gemini take no longer names of functions, and no other characters than these."""

_FOREIGN: Final = re.compile(r"[^A-Za-z0-9_-]")
_DESCRIPTION: Final = 2_000


class _Offer(msgspec.Struct, frozen=True):
    connection: Connection
    tool: str
    spec: ToolSpec


class McpToolbox(Toolbox):
    """A tool is called `server_tool`, so that servers need not know of each other. Tools come and go with servers."""

    def __init__(self, servers: Sequence[ServerConfig], *, timeout: float) -> None:
        self._connections = [Connection(server, timeout=timeout) for server in servers]

    async def wait_for_first_attempts(self) -> None:
        """Wait until every server was tried once, but not for long."""
        tries = [asyncio.create_task(connection.tried.wait()) for connection in self._connections]
        if tries:
            _, late = await asyncio.wait(tries, timeout=FIRST_ATTEMPT_SECONDS)
            for one in late:
                one.cancel()

    @property
    def tools(self) -> Sequence[ToolSpec]:
        """Those of the servers that are connected."""
        return [offer.spec for offer in self._offers().values()]

    async def call(self, name: str, arguments: Mapping[str, Any], context: RequestContext) -> ToolResult:
        """Call a tool where it lives. Its server is not told whom it is for: it has one login, the operator's."""
        offer = self._offers().get(name)
        if offer is None:
            raise NotFoundError(_("There is no tool “{name}”.", name=name[:_LONGEST_NAME]))
        return await offer.connection.call(offer.tool, arguments)

    async def aclose(self) -> None:
        """Close every connection. Safe to call twice."""
        await asyncio.gather(*(connection.aclose() for connection in self._connections))

    def _offers(self) -> Mapping[str, _Offer]:
        offers: dict[str, _Offer] = {}
        for connection in self._connections:
            for tool in connection.tools:
                name = _FOREIGN.sub("_", f"{connection.name}_{tool.name}")[:_LONGEST_NAME]
                description = (tool.description or tool.title or tool.name)[:_DESCRIPTION]
                hints = tool.annotations
                read_only = hints is not None and hints.read_only_hint is True
                spec = ToolSpec(name=name, description=description, schema=tool.input_schema, read_only=read_only)
                # The first of two that become alike keeps the name.
                offers.setdefault(name, _Offer(connection, tool.name, spec))
        return offers
