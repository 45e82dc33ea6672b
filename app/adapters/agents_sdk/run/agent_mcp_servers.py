"""Agent MCP servers: connects the MCP servers of an assistant's agents, and connects them again when they died."""

import asyncio
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import structlog
from agents import Agent

from app.adapters.agents_sdk.assistant_checks.agents_of import agents_of
from app.domain.errors import AnyportError
from app.domain.language import _

if TYPE_CHECKING:
    from agents.mcp import MCPServer, MCPServerManager

log = structlog.get_logger(__name__)

CONNECT_SECONDS: Final = 20.0
CLOSE_SECONDS: Final = 5.0
PING_SECONDS: Final = 5.0

_METHOD_NOT_FOUND: Final = -32601
"""Error code of JSON-RPC."""


class McpServerDownError(AnyportError):
    """An MCP server of an agent cannot be reached."""

    actor = "upstream"
    code = "mcp_server_down"
    retry = True


class AgentMcpServers:
    """The servers of one assistant; each is opened and closed in a task of its own, as `mcp` demands.

    Built outside the event loop; `start` connects, and `aclose` disconnects.
    """

    def __init__(self, servers: Sequence["MCPServer"]) -> None:
        self._connections = {id(server): _Connection(server) for server in servers}

    async def start(self) -> None:
        """Connect to all servers. One that cannot be reached is logged, and tried again when an agent needs it.

        Idempotent.
        """
        if self._connections:
            # In a thread: `mcp` would import it on the event loop, for 0.1 s, at the first result with a schema.
            await asyncio.to_thread(import_module, "jsonschema")
        await asyncio.gather(*(connection.connect() for connection in self._connections.values()))

    async def require(self, servers: Sequence[Any]) -> None:
        """Connect again to each of `servers` that died. Raises `McpServerDownError`."""
        for server in servers:
            connection = self._connections.get(id(server))
            if connection is None:  # A tool brought an agent that no agent of the assistant names.
                connection = self._connections[id(server)] = _Connection(server)
            if not await connection.is_up():
                raise McpServerDownError(
                    _("The tools of “{name}” cannot be reached just now. Please try again.", name=server.name),
                    detail=f"MCP server {server.name}: {connection.reason}",
                )

    async def aclose(self) -> None:
        """Disconnect from all servers. Idempotent."""
        await asyncio.gather(*(connection.aclose() for connection in self._connections.values()))


def mcp_servers_of(root: Agent[Any] | None) -> Sequence["MCPServer"]:
    """Return the servers of all agents of an assistant, each once."""
    agents = agents_of(root) if root is not None else ()
    return list({id(server): server for agent in agents for server in agent.mcp_servers}.values())


class _Connection:
    def __init__(self, server: "MCPServer") -> None:
        self._server = server
        self._manager: MCPServerManager | None = None
        self._lock = asyncio.Lock()

    @property
    def reason(self) -> str:
        """Why the server is not connected; its error's text may hold an address or a secret, and is left out."""
        errors = self._manager.errors if self._manager is not None else {}
        return type(errors.get(self._server)).__name__

    async def is_up(self) -> bool:
        """Return True when the server answers, after another attempt to connect if it did not."""
        async with self._lock:
            return await self._answers() or await self._reconnect()

    async def connect(self) -> None:
        """Connect for the first time; a failure is logged. Idempotent."""
        async with self._lock:
            if self._manager is None:
                await self._reconnect()

    async def aclose(self) -> None:
        async with self._lock:
            if self._manager is not None:
                await self._manager.cleanup_all()
                self._manager = None

    async def _answers(self) -> bool:
        if self._manager is None or self._server not in self._manager.active_servers:
            return False
        session = getattr(self._server, "session", None)
        try:
            async with asyncio.timeout(PING_SECONDS):
                await (session.send_ping() if session is not None else self._server.list_tools())
        except Exception as error:  # an external server's transport may raise any exception
            if getattr(error, "code", None) == _METHOD_NOT_FOUND:
                return True  # A server that knows no ping has answered.
            log.warning("mcp server lost", server=self._server.name, error=type(error).__name__)
            return False
        return True

    async def _reconnect(self) -> bool:
        if self._manager is None:
            # Imported here: only an assistant with such servers needs it.
            from agents.mcp import MCPServerManager

            self._manager = MCPServerManager(
                [self._server],
                connect_timeout_seconds=CONNECT_SECONDS,
                cleanup_timeout_seconds=CLOSE_SECONDS,
                connect_in_parallel=True,
            )
            await self._manager.connect_all()
        else:
            await self._manager.reconnect(failed_only=False)
        if self._server in self._manager.active_servers:
            log.info("mcp server connected", server=self._server.name)
            return True
        log.warning("mcp server unreachable", server=self._server.name, reason=self.reason)
        return False
