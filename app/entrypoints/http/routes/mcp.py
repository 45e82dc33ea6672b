"""The task tools for other programs, over MCP's streamable HTTP."""

from typing import Any

from dishka import AsyncContainer
from litestar import Request, asgi
from litestar.exceptions import MethodNotAllowedException
from litestar.types import Receive, Scope, Send

from app.domain.identity import RequestContext
from app.entrypoints.mcp.endpoint import McpEndpoint


@asgi("/mcp", copy_scope=True)
async def mcp(scope: Scope, receive: Receive, send: Send) -> None:
    """`POST` only: without sessions there is nothing to listen to with `GET` or to end with `DELETE`."""
    request = Request[Any, Any, Any](scope)
    if request.method != "POST":
        raise MethodNotAllowedException(headers={"allow": "POST"})
    container: AsyncContainer = request.state.dishka_container
    caller = await container.get(RequestContext)
    endpoint = await container.get(McpEndpoint)
    await endpoint.handle(caller, dict(scope), receive, send)
