"""One tool of the Agents SDK for each type that only the Responses API carries."""

from collections.abc import Mapping, Sequence
from typing import Any

from agents import (
    ApplyPatchTool,
    CodeInterpreterTool,
    ComputerTool,
    CustomTool,
    FileSearchTool,
    FunctionTool,
    HostedMCPTool,
    ImageGenerationTool,
    LocalShellTool,
    ProgrammaticToolCallingTool,
    ShellTool,
    Tool,
    ToolSearchTool,
    WebSearchTool,
    function_tool,
    tool_namespace,
)


async def _unused(*_: Any) -> str:
    return ""


@function_tool(defer_loading=True)
async def deferred_tool() -> str:
    """A function that the model finds by a search."""
    return ""


@function_tool(allowed_callers=["programmatic"])
async def programmed() -> str:
    """A function that generated code calls."""
    return ""


@function_tool
async def spaced() -> str:
    """A function in a namespace."""
    return ""


def _with_schema() -> FunctionTool:
    return FunctionTool(
        name="schemed",
        description="A function whose result has a schema.",
        params_json_schema={"type": "object", "properties": {}, "required": [], "additionalProperties": False},
        on_invoke_tool=_unused,
        output_json_schema={"type": "object", "properties": {}, "required": [], "additionalProperties": False},
    )


def hosted_tools() -> Mapping[str, Sequence[Tool]]:
    """Tools by the type that their wire has to carry; those of one type work together."""
    executor: Any = _unused
    computer: Any = _unused
    editor: Any = object()
    return {
        "apply_patch": [ApplyPatchTool(editor=editor)],
        "code_interpreter": [CodeInterpreterTool({"type": "code_interpreter", "container": {"type": "auto"}})],
        "computer": [ComputerTool(computer=computer)],
        "custom": [CustomTool(name="grammar", description="Takes a text.", on_invoke_tool=executor)],
        "file_search": [FileSearchTool(vector_store_ids=["vs_1"])],
        "hosted_mcp": [
            HostedMCPTool(
                {"type": "mcp", "server_label": "docs", "server_url": "https://mcp.test", "require_approval": "never"}
            )
        ],
        "image_generation": [ImageGenerationTool({"type": "image_generation"})],
        "local_shell": [LocalShellTool(executor=executor)],
        "namespace": tool_namespace(name="rooms", description="Rooms.", tools=[spaced]),
        "output_schema": [_with_schema()],
        "programmatic_tool_calling": [ProgrammaticToolCallingTool(), programmed],
        "shell": [ShellTool(executor=executor)],
        "tool_search": [ToolSearchTool(), deferred_tool],
        "web_search": [WebSearchTool()],
    }
