"""MCP connection: a client session with one server, restored with backoff after each failure."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from typing import Any, Final

import httpx2
import structlog
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.types import INVALID_PARAMS, METHOD_NOT_FOUND, CallToolResult, TextContent, Tool

from app.adapters.mcp.config import ServerConfig, StdioServer
from app.domain.errors import AnyportError
from app.ports.toolbox import ToolResult

log = structlog.get_logger(__name__)

INITIAL_BACKOFF: Final = 1.0
MAX_BACKOFF: Final = 300.0
"""Seconds between two attempts to connect; the backoff doubles after each failed attempt."""

MAX_TOOLS: Final = 128
MAX_PAGES: Final = 20
MAX_RESULT_CHARACTERS: Final = 50_000

_IDLE_SECONDS: Final = 300.0
"""Idle timeout of a server's stream; each call has a timeout of its own."""

_CALL_ERRORS: Final = frozenset({INVALID_PARAMS, METHOD_NOT_FOUND})
"""Error codes of a wrong call, after which the connection stays in use."""


class Connection:
    """A connection to one MCP server, with the tools that it lists while it is connected.

    One task opens and closes the client, because `mcp` requires the same task for both. `attempted` is set after the
    first attempt to connect, successful or not.
    """

    def __init__(self, config: ServerConfig, *, timeout: float) -> None:
        self.name = config.name
        self.tools: Sequence[Tool] = ()
        self.attempted = asyncio.Event()
        self._config = config
        self._timeout = timeout
        self._client: Client | None = None
        self._lost = asyncio.Event()
        self._closing = False
        self._task = asyncio.create_task(self._reconnect_loop())

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> ToolResult:
        """Call one of the server's tools; an error is a failed result, not an exception.

        A timeout keeps the connection; a transport error drops it, and the connection is restored.
        """
        client = self._client
        if client is None:
            return _failure(f"The server {self.name} cannot be reached just now.")
        try:
            async with asyncio.timeout(self._timeout):
                return _tool_result(await client.call_tool(tool, dict(arguments)))
        except TimeoutError:
            return _failure(f"The server {self.name} did not answer within {self._timeout:g} seconds.")
        except MCPError as error:
            if error.code not in _CALL_ERRORS:
                self._drop()
            return _failure(error.message)
        except Exception as error:  # an external server's transport may raise any exception
            log.warning("mcp call failed", server=self.name, tool=tool, error=type(error).__name__)
            self._drop()
            return _failure(f"The connection to the server {self.name} broke.")

    async def aclose(self) -> None:
        """Close the connection and wait for its end. Idempotent."""
        self._closing = True
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    def _drop(self) -> None:
        self._client, self.tools = None, ()
        self._lost.set()

    async def _reconnect_loop(self) -> None:
        backoff = INITIAL_BACKOFF
        # `_closing` beside the cancellation: a transport that fails while it is cancelled raises its own error instead.
        while not self._closing:
            try:
                async with self._connected():
                    backoff = INITIAL_BACKOFF
                    await self._lost.wait()
            except Exception as error:
                reason = _reason(error)
                log.warning("mcp server unreachable", server=self.name, reason=reason, next_try_seconds=backoff)
            finally:
                self._drop()
                self._lost.clear()
                self.attempted.set()
            if not self._closing:
                await asyncio.sleep(backoff)
            backoff = min(backoff * 2, MAX_BACKOFF)

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[None, None]:
        # Imported in a thread: `mcp` would import it on the event loop, for 0.1 s, at the first result with a schema.
        await asyncio.to_thread(import_module, "jsonschema")
        async with _client(self._config, self._timeout) as client:
            async with asyncio.timeout(self._timeout):
                self.tools = await _all_tools(client)
            self._client = client
            log.info("mcp server connected", server=self.name, tools=len(self.tools))
            self.attempted.set()
            yield


class McpServerError(AnyportError):
    """An MCP server does not start, or does not answer."""

    code = "mcp_server"


async def probe_server(config: ServerConfig, seconds: float) -> str:
    """Connect within `seconds`, and return the number of tools as a text. Raises `McpServerError`."""
    if isinstance(config, StdioServer):
        path = config.env.get("PATH")
        if await asyncio.to_thread(shutil.which, config.command, path=path) is None:
            raise McpServerError(f"Its command {config.command!r} is not there.")
    try:
        async with asyncio.timeout(seconds), _client(config, seconds) as client:
            tools = len(await _all_tools(client))
    except Exception as error:
        raise McpServerError("It does not answer.", detail=_reason(error)) from error
    return f"{tools} tools"


@asynccontextmanager
async def _client(config: ServerConfig, timeout: float) -> AsyncGenerator[Client, None]:  # noqa: ASYNC109  # passed on
    if isinstance(config, StdioServer):
        command = StdioServerParameters(command=config.command, args=config.args, env=config.env, cwd=config.cwd)
        async with Client(command, read_timeout_seconds=timeout, cache=None) as client:
            yield client
        return
    # In a thread: each client reads the certificate authorities anew, which would block the event loop.
    ssl_context = await asyncio.to_thread(httpx2.create_ssl_context)
    async with httpx2.AsyncClient(
        verify=ssl_context, headers=config.headers, timeout=httpx2.Timeout(timeout, read=_IDLE_SECONDS)
    ) as http:
        transport = streamable_http_client(config.url, http_client=http)
        async with Client(transport, read_timeout_seconds=timeout, cache=None) as client:
            yield client


async def _all_tools(client: Client) -> Sequence[Tool]:
    tools: list[Tool] = []
    cursor = None
    for _ in range(MAX_PAGES):
        page = await client.list_tools(cursor=cursor)
        tools += page.tools
        cursor = page.next_cursor
        if cursor is None or len(tools) >= MAX_TOOLS:
            break
    return tools[:MAX_TOOLS]


def _tool_result(result: CallToolResult) -> ToolResult:
    """The text of a result, with a placeholder for each part of another type, truncated at the limit."""
    parts = [part.text if isinstance(part, TextContent) else f"[{part.type}]" for part in result.content]
    text = "\n".join(parts)
    if len(text) > MAX_RESULT_CHARACTERS:
        text = f"{text[:MAX_RESULT_CHARACTERS]}\n[{len(text) - MAX_RESULT_CHARACTERS} more characters were left out]"
    return ToolResult(text=text, failed=bool(result.is_error))


def _failure(text: str) -> ToolResult:
    return ToolResult(text=text[:MAX_RESULT_CHARACTERS], failed=True)


def _reason(error: BaseException) -> str:
    """The error's type and HTTP status; its text may hold an address or a header and is left out."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    status = getattr(getattr(error, "response", None), "status_code", None)
    return f"{type(error).__name__} {status or ''}".strip()
