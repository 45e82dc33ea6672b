"""Tool types: the types of tools that the wire to a model has to carry, by the names of `Capabilities`."""

from collections.abc import Mapping
from typing import Any, Final

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
    ToolSearchTool,
    WebSearchTool,
)
from agents.tool import get_function_tool_responses_only_features

_TYPES: Final[Mapping[type, str]] = {
    ApplyPatchTool: "apply_patch",
    CodeInterpreterTool: "code_interpreter",
    ComputerTool: "computer",
    CustomTool: "custom",
    FileSearchTool: "file_search",
    HostedMCPTool: "hosted_mcp",
    ImageGenerationTool: "image_generation",
    LocalShellTool: "local_shell",
    ProgrammaticToolCallingTool: "programmatic_tool_calling",
    ShellTool: "shell",
    ToolSearchTool: "tool_search",
    WebSearchTool: "web_search",
}
_FEATURES: Final[Mapping[str, str]] = {
    "tool_namespace()": "namespace",
    "defer_loading=True": "tool_search",
    "allowed_callers": "programmatic_tool_calling",
    "output_json_schema": "output_schema",
}


def needed_types(tool: Any) -> frozenset[str]:
    """Return the types that the wire must carry for this tool; none for a plain function."""
    if isinstance(tool, FunctionTool):
        return frozenset(_FEATURES.get(name, name) for name in get_function_tool_responses_only_features(tool))
    return frozenset(name for kind, name in _TYPES.items() if isinstance(tool, kind))
