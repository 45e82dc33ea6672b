"""A toolbox as an MCP server. This module imports all of `mcp`, so the endpoint imports it lazily."""

from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.types import CallToolRequestParams, CallToolResult, ListToolsResult, PaginatedRequestParams, TextContent, Tool

from app.domain.errors import AnyportError
from app.domain.identity import RequestContext
from app.entrypoints.mcp.endpoint import CALLER
from app.ports.toolbox import Toolbox

INSTRUCTIONS = "The user's to-do list. A tool takes a task's id or its title; dates are YYYY-MM-DD."

_Context = ServerRequestContext[Any, Any]


def session_manager(toolbox: Toolbox, version: str, max_body_bytes: int) -> StreamableHTTPSessionManager:
    """Build the session manager: stateless streamable HTTP, any replica answers any request with one JSON object."""

    async def list_tools(_: _Context, __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(
            tools=[
                Tool(name=spec.name, description=spec.description, input_schema=dict(spec.schema))
                for spec in toolbox.tools
            ]
        )

    async def call_tool(context: _Context, params: CallToolRequestParams) -> CallToolResult:
        try:
            result = await toolbox.call(params.name, params.arguments or {}, _caller(context))
        except AnyportError as error:
            return _text(error.message, failed=True)
        return _text(result.text, failed=result.failed)

    server = Server(
        "anyport", version=version, instructions=INSTRUCTIONS, on_list_tools=list_tools, on_call_tool=call_tool
    )
    return StreamableHTTPSessionManager(
        server, json_response=True, stateless=True, max_request_body_size=max_body_bytes
    )


def _caller(context: _Context) -> RequestContext:
    caller = context.request.scope[CALLER] if context.request is not None else None
    if not isinstance(caller, RequestContext):
        raise TypeError("a request reached the MCP server without its caller")
    return caller


def _text(text: str, *, failed: bool) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)], is_error=failed)
