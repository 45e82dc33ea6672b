"""A connection to one MCP server, kept up for as long as we run."""

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
"""Seconds between two tries to reach a server that is down; each pause is twice the one before."""

TOOLS: Final = 128
PAGES: Final = 20
RESULT_CHARACTERS: Final = 50_000

_STREAM_SECONDS: Final = 300.0
"""How long a server may keep a stream open without a word; calls have a timeout of their own."""

_OF_THE_CALL: Final = frozenset({INVALID_PARAMS, METHOD_NOT_FOUND})
"""Errors that say nothing against the connection."""


class Connection:
    """Opened and closed by one task of its own, for what `mcp` enters only that task may leave."""

    def __init__(self, config: ServerConfig, *, timeout: float) -> None:
        self.name = config.name
        self.tools: Sequence[Tool] = ()
        self.tried = asyncio.Event()
        self._config = config
        self._timeout = timeout
        self._client: Client | None = None
        self._lost = asyncio.Event()
        self._closing = False
        self._task = asyncio.create_task(self._keep_up())

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> ToolResult:
        """Call one of its tools. A server that does not answer is a failed result, and is connected to anew."""
        client = self._client
        if client is None:
            return _failure(f"The server {self.name} cannot be reached just now.")
        try:
            async with asyncio.timeout(self._timeout):
                return _readable(await client.call_tool(tool, dict(arguments)))
        except TimeoutError:
            return _failure(f"The server {self.name} did not answer within {self._timeout:g} seconds.")
        except MCPError as error:
            if error.code not in _OF_THE_CALL:
                self._give_up()
            return _failure(error.message)
        except Exception as error:  # whatever a stranger's server makes of its transport
            log.warning("MCP call failed", server=self.name, tool=tool, error=type(error).__name__)
            self._give_up()
            return _failure(f"The connection to the server {self.name} broke.")

    async def aclose(self) -> None:
        """Close it and wait until that is done. Safe to call twice."""
        self._closing = True
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    def _give_up(self) -> None:
        self._client, self.tools = None, ()
        self._lost.set()

    async def _keep_up(self) -> None:
        pause = INITIAL_BACKOFF
        # A transport that fails just when it is cancelled raises its failure, and the cancellation is lost.
        while not self._closing:
            try:
                async with self._connected():
                    pause = INITIAL_BACKOFF
                    await self._lost.wait()
            except Exception as error:
                reason = _reason(error)
                log.warning("MCP server cannot be reached", server=self.name, reason=reason, next_try_seconds=pause)
            finally:
                self._give_up()
                self._lost.clear()
                self.tried.set()
            if not self._closing:
                await asyncio.sleep(pause)
            pause = min(pause * 2, MAX_BACKOFF)

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[None, None]:
        # `mcp` imports it for the first result of a tool that has a schema: a tenth of a second, on the event loop.
        await asyncio.to_thread(import_module, "jsonschema")
        async with _client(self._config, self._timeout) as client:
            async with asyncio.timeout(self._timeout):
                self.tools = await _all_tools(client)
            self._client = client
            log.info("MCP server connected", server=self.name, tools=len(self.tools))
            self.tried.set()
            yield


class McpServerError(AnyportError):
    """An MCP server does not start, or does not answer."""

    code = "mcp_server"


async def probe_server(config: ServerConfig, seconds: float) -> str:
    """Connect, and ask for the tools; says how many there are. Raises `McpServerError`."""
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
    # Reading the authorities takes too long for the event loop, and is done anew for each client.
    trusted = await asyncio.to_thread(httpx2.create_ssl_context)
    async with httpx2.AsyncClient(
        verify=trusted, headers=config.headers, timeout=httpx2.Timeout(timeout, read=_STREAM_SECONDS)
    ) as http:
        transport = streamable_http_client(config.url, http_client=http)
        async with Client(transport, read_timeout_seconds=timeout, cache=None) as client:
            yield client


async def _all_tools(client: Client) -> Sequence[Tool]:
    tools: list[Tool] = []
    cursor = None
    for _ in range(PAGES):
        page = await client.list_tools(cursor=cursor)
        tools += page.tools
        cursor = page.next_cursor
        if cursor is None or len(tools) >= TOOLS:
            break
    return tools[:TOOLS]


def _readable(result: CallToolResult) -> ToolResult:
    """The text of a result; pictures and the like are named, since a tool's result is text for a model."""
    parts = [part.text if isinstance(part, TextContent) else f"[{part.type}]" for part in result.content]
    text = "\n".join(parts)
    if len(text) > RESULT_CHARACTERS:
        text = f"{text[:RESULT_CHARACTERS]}\n[{len(text) - RESULT_CHARACTERS} more characters were left out]"
    return ToolResult(text=text, failed=bool(result.is_error))


def _failure(text: str) -> ToolResult:
    return ToolResult(text=text[:RESULT_CHARACTERS], failed=True)


def _reason(error: BaseException) -> str:
    """What kind of failure it was. Its text is left out: it may quote an address or a header."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    status = getattr(getattr(error, "response", None), "status_code", None)
    return f"{type(error).__name__} {status or ''}".strip()
