"""The MCP endpoint by itself: what its first requests wait for."""

import asyncio
import threading

import httpx

from app.domain.identity import RequestContext
from app.entrypoints.mcp.endpoint import McpEndpoint, Receive, Scope, Send
from app.ports.toolbox import EmptyToolbox, Toolbox

ASKED = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
ACCEPTED = {"accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-06-18"}


async def test_the_tools_are_made_once_and_off_the_loop() -> None:
    makers: list[int] = []

    def make() -> Toolbox:
        makers.append(threading.get_ident())
        return EmptyToolbox()

    endpoint = McpEndpoint(make, version="1.2.3", max_body_bytes=10_000)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await endpoint.handle(RequestContext(user_id="ada"), scope, receive, send)

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", headers=ACCEPTED
    ) as http:
        answers = await asyncio.gather(*(http.post("/mcp", json=ASKED) for _ in range(2)))
    await endpoint.aclose()
    assert [answer.json()["result"]["tools"] for answer in answers] == [[], []]
    assert len(makers) == 1
    assert threading.get_ident() not in makers
