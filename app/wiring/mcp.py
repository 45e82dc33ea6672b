"""Wiring of MCP: its endpoint and its servers."""

from collections.abc import AsyncIterator
from importlib.metadata import version

from dishka import Provider, Scope, provide

from app.adapters.agents_sdk.toolbox import SdkToolbox
from app.adapters.agents_sdk.tools.tasks import task_tools
from app.application.tasks.service import TaskService
from app.entrypoints.mcp.endpoint import McpEndpoint
from app.ports.toolbox import EmptyToolbox, Toolbox
from app.settings import Settings


class McpWiring(Provider):
    """Tools of MCP servers for the assistant, and the endpoint that offers the task tools."""

    scope = Scope.APP

    @provide
    async def further_tools(self, settings: Settings) -> AsyncIterator[Toolbox]:
        if not settings.mcp_servers:
            yield EmptyToolbox()
            return
        # Imported here, because most servers do not use the client.
        from app.adapters.mcp.toolbox import McpToolbox

        toolbox = McpToolbox(settings.mcp_servers, timeout=settings.mcp.timeout)
        try:
            await toolbox.wait_for_first_attempts()
            yield toolbox
        finally:
            await toolbox.aclose()

    @provide
    async def mcp_endpoint(self, tasks: TaskService, settings: Settings) -> AsyncIterator[McpEndpoint]:
        endpoint = McpEndpoint(
            lambda: SdkToolbox(task_tools(tasks)),
            version=version("anyport"),
            max_body_bytes=settings.server.max_body_bytes,
        )
        try:
            yield endpoint
        finally:
            await endpoint.aclose()
