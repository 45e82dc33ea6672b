"""The MCP endpoint: task tools for other programs, over streamable HTTP."""

from typing import Any

from dishka import AsyncContainer
from litestar import Request, asgi
from litestar.exceptions import MethodNotAllowedException
from litestar.types import Receive, ReceiveMessage, Scope, Send

from app.domain.identity import RequestContext
from app.entrypoints.chatkit.value_limits import check_json
from app.entrypoints.mcp.endpoint import McpEndpoint


@asgi("/mcp", copy_scope=True)
async def mcp(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer `POST` only: without sessions `GET` has no stream and `DELETE` has no session to end."""
    request = Request[Any, Any, Any](scope)
    if request.method != "POST":
        raise MethodNotAllowedException(headers={"allow": "POST"})
    container: AsyncContainer = request.state.dishka_container
    caller = await container.get(RequestContext)
    endpoint = await container.get(McpEndpoint)
    await endpoint.handle(caller, dict(scope), await _checked(receive, endpoint.max_body_bytes), send)


async def _checked(receive: Receive, most: int) -> Receive:
    """Read and check the body as every route does, and return a `receive` that replays it. Raises `InvalidInputError`;
    the endpoint refuses a body of more than `most` bytes."""
    messages: list[ReceiveMessage] = []
    body = bytearray()
    while len(body) <= most:
        message = await receive()
        messages.append(message)
        if message["type"] != "http.request":
            break
        body += message["body"]
        if not message["more_body"]:
            break
    check_json(body)
    waiting = iter(messages)

    async def replayed() -> ReceiveMessage:
        return next(waiting, None) or await receive()

    return replayed
