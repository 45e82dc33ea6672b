"""Agents whose tools crash, with every way that a tool's author has to handle it."""

from typing import Any

from agents import (
    Agent,
    FunctionTool,
    RunContextWrapper,
    ToolGuardrailFunctionOutput,
    ToolOutputGuardrailData,
    function_tool,
    tool_output_guardrail,
)
from agents.mcp import MCPServer
from mcp.types import CallToolResult, GetPromptResult, ListPromptsResult
from mcp.types import Tool as McpTool

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.tools.failures import failure_for_model
from app.domain.errors import NotFoundError

SECRET_TEXT = "the-drawer-jams"


def hushed(_: RunContextWrapper[Any], __: Exception) -> str:
    """Say nothing of it."""
    return "All is well."


@function_tool
async def unhandled(item: str) -> str:
    """Open the drawer."""
    raise ZeroDivisionError(f"{SECRET_TEXT} unhandled")


@function_tool
def in_a_thread(item: str) -> str:
    """Open the drawer."""
    raise ZeroDivisionError(f"{SECRET_TEXT} in_a_thread")


@function_tool(failure_error_function=hushed)
async def hidden(item: str) -> str:
    """Open the drawer."""
    raise ZeroDivisionError(f"{SECRET_TEXT} hidden")


@function_tool(failure_error_function=failure_for_model)
async def explained(item: str) -> str:
    """Open the drawer."""
    raise ZeroDivisionError(f"{SECRET_TEXT} explained")


@tool_output_guardrail
def lenient(_: ToolOutputGuardrailData) -> ToolGuardrailFunctionOutput:
    """Allow every result."""
    return ToolGuardrailFunctionOutput.allow()


@function_tool(tool_output_guardrails=[lenient])
async def guarded(item: str) -> str:
    """Open the drawer."""
    raise ZeroDivisionError(f"{SECRET_TEXT} guarded")


@function_tool(failure_error_function=None)
async def raised(item: str) -> str:
    """Open the drawer."""
    raise ZeroDivisionError(f"{SECRET_TEXT} raised")


async def _crash(_: Any, __: str) -> str:
    raise ZeroDivisionError(f"{SECRET_TEXT} handmade")


handmade = FunctionTool(
    name="handmade",
    description="Open the drawer.",
    params_json_schema={"type": "object", "properties": {}, "required": [], "additionalProperties": False},
    on_invoke_tool=_crash,
)


@function_tool
async def refused(item: str) -> str:
    """Open the drawer."""
    raise NotFoundError("There is no such drawer.")


class Drawers(MCPServer):
    """An MCP server of the Agents SDK whose only tool crashes."""

    name = "drawers"

    async def connect(self) -> None:
        """Connect to nothing."""

    async def cleanup(self) -> None:
        """Clean up nothing."""

    async def list_tools(self, run_context: Any = None, agent: Any = None) -> list[McpTool]:
        return [McpTool(name="remote", description="Open the drawer.", input_schema={"type": "object"})]

    async def call_tool(self, tool_name: str, arguments: Any, meta: Any = None) -> CallToolResult:
        raise ZeroDivisionError(f"{SECRET_TEXT} remote")

    async def list_prompts(self) -> ListPromptsResult:
        return ListPromptsResult(prompts=[])

    async def get_prompt(self, name: str, arguments: Any = None) -> GetPromptResult:
        raise NotImplementedError


clerk = Agent[Any](name="Clerk", instructions="You open drawers.", tools=[raised, hidden])

HANDLED = ["unhandled", "in_a_thread", "hidden", "explained", "guarded", "remote"]
"""Tools whose crash the model answers."""

UNHANDLED = ["raised", "handmade"]
"""Tools whose crash ends the answer, as their author wants it."""

cabinet = Assistant(
    agent=Agent[Any](
        name="Cabinet",
        instructions="You open drawers.",
        tools=[
            *(unhandled, in_a_thread, hidden, explained, guarded, raised, handmade, refused),
            clerk.as_tool("ask_clerk", "Ask the clerk."),
        ],
        mcp_servers=[Drawers()],
        handoffs=[clerk],
    )
)
