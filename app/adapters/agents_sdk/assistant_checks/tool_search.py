"""Tool search: the Agents SDK's own rules for tools that a model searches, or calls from generated code."""

from collections.abc import Iterator, Sequence
from typing import Any, get_args

from agents import ComputerTool, Tool
from agents.exceptions import UserError
from agents.tool import (
    validate_responses_programmatic_tool_calling_configuration,
    validate_responses_tool_search_configuration,
)


def search_problem(placed: Sequence[tuple[str, Any]]) -> Iterator[str]:
    """Yield what the SDK would say of these tools at their first request."""
    tools = [tool for _, tool in placed if isinstance(tool, _TOOLS)]
    for check in (
        validate_responses_tool_search_configuration,
        validate_responses_programmatic_tool_calling_configuration,
    ):
        try:
            check(tools)
        except UserError as error:
            yield f"tools: {error.message}"
    if sum(isinstance(tool, ComputerTool) for tool in tools) > 1:
        yield "tools: a model uses one computer at most. Leave one ComputerTool."


_TOOLS = tuple(getattr(kind, "__origin__", kind) for kind in get_args(Tool))
