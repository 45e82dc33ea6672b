"""Toolbox tools: the tools of a toolbox, such as that of the MCP servers, as tools of the Agents SDK."""

import json
from collections.abc import Sequence
from typing import Any

from agents import FunctionTool, Tool
from agents.tool_context import ToolContext

from app.adapters.agents_sdk.tool_context import TurnContext
from app.adapters.agents_sdk.tools.failures import NOT_DONE, failure_for_model
from app.domain.errors import AnyportError, InvalidInputError
from app.ports.toolbox import Toolbox, ToolSpec


class ToolboxTools:
    """The tools of one toolbox, whose list may change at any time."""

    def __init__(self, toolbox: Toolbox) -> None:
        self._toolbox = toolbox
        self._specs: list[ToolSpec] = []
        self._tools: Sequence[Tool] = []

    @property
    def read_only(self) -> frozenset[str]:
        """Names of the tools that change nothing, as of the last `current`."""
        return frozenset(spec.name for spec in self._specs if spec.read_only)

    def current(self) -> Sequence[Tool]:
        """Return the tools available now; the objects stay the same until the toolbox's list changes."""
        if self._specs != (specs := [*self._toolbox.tools]):
            self._specs, self._tools = specs, [_tool(self._toolbox, spec) for spec in specs]
        return self._tools


def _tool(toolbox: Toolbox, spec: ToolSpec) -> Tool:
    async def invoke(ctx: ToolContext[Any], text: str) -> str:
        context: TurnContext = ctx.context
        try:
            result = await toolbox.call(spec.name, _arguments(text), context.request)
        except AnyportError as error:
            return failure_for_model(ctx, error)
        return f"{NOT_DONE}. {result.text}" if result.failed else result.text

    return FunctionTool(
        name=spec.name,
        description=spec.description,
        # Strict mode supports a part of JSON schema only, and an external tool may use all of it.
        params_json_schema={"type": "object", "properties": {}, **spec.schema},
        on_invoke_tool=invoke,
        strict_json_schema=False,
    )


def _arguments(text: str) -> dict[str, Any]:
    try:
        arguments = json.loads(text or "{}")
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        raise InvalidInputError("The arguments are no JSON object.")
    return arguments
