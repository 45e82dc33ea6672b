"""The MCP endpoint: `mcp` is imported and started with the first request."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from app.domain.errors import AnyportError
from app.domain.identity import RequestContext
from app.domain.language import _
from app.ports.toolbox import Toolbox

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

CALLER = "anyport.caller"
"""The key of the caller's context in a request's ASGI scope."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class McpEndpoint:
    """Serves the toolbox that `make` returns; `make` may block. One background task holds the server until `aclose`."""

    def __init__(self, make: Callable[[], Toolbox], *, version: str, max_body_bytes: int) -> None:
        self._make = make
        self._version = version
        self.max_body_bytes = max_body_bytes
        self._started: asyncio.Future[StreamableHTTPSessionManager] | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    async def handle(self, caller: RequestContext, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI request for its caller. Raises `AnyportError` once the server stops."""
        manager = await self._manager()
        await manager.handle_request({**scope, CALLER: caller}, receive, send)

    async def aclose(self) -> None:
        """Stop the server. Idempotent."""
        self._closing = True
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _manager(self) -> "StreamableHTTPSessionManager":
        if self._closing:
            raise AnyportError(_("The server is shutting down."))
        if self._started is None:
            self._started = asyncio.get_running_loop().create_future()
            self._task = asyncio.create_task(self._serve(self._started))
        return await asyncio.shield(self._started)

    async def _serve(self, started: "asyncio.Future[StreamableHTTPSessionManager]") -> None:
        try:
            # In a thread, because the first import of `mcp` takes a second.
            server = await asyncio.to_thread(import_module, "app.entrypoints.mcp.server")
            toolbox = await asyncio.to_thread(self._make)
            manager = server.session_manager(toolbox, self._version, self.max_body_bytes)
            # A task group: the task that enters it must leave it.
            async with manager.run():
                started.set_result(manager)
                await asyncio.Event().wait()
        except Exception as error:
            if not started.done():
                started.set_exception(error)
            raise
        finally:
            started.cancel()
