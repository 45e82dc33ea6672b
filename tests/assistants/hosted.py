"""An assistant with a hosted tool of each kind."""

from typing import Any

from agents import (
    Agent,
    CodeInterpreterTool,
    FileSearchTool,
    HostedMCPTool,
    ImageGenerationTool,
    Tool,
    WebSearchTool,
    function_tool,
)

from app.adapters.agents_sdk.assistant import Assistant

TOOLS: list[Tool] = [
    WebSearchTool(),
    FileSearchTool(vector_store_ids=["vs_1"], include_search_results=True),
    CodeInterpreterTool(tool_config={"type": "code_interpreter", "container": {"type": "auto"}}),
    ImageGenerationTool(tool_config={"type": "image_generation", "partial_images": 1}),
    HostedMCPTool(
        tool_config={
            "type": "mcp",
            "server_label": "wiki",
            "server_url": "https://mcp.example.com/mcp",
            "require_approval": "never",
        }
    ),
]

searcher = Agent[Any](name="Searcher", instructions="Search.", tools=TOOLS)


@function_tool(needs_approval=True)
async def send(text: str) -> str:
    """Send a text."""
    return f"sent: {text}"


assistant = Assistant(
    name="Researcher",
    instructions="Use your tools.",
    tools=[*TOOLS, searcher.as_tool("ask_searcher", "Ask the searcher."), send],
)
