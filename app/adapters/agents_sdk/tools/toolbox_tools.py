"""Toolbox tools: the tools of a toolbox, such as that of the MCP servers, as tools of the Agents SDK."""

import json
from collections.abc import Collection, Sequence
from typing import Any

import structlog
from agents import FunctionTool, Tool
from agents.tool_context import ToolContext

from app.adapters.agents_sdk.tool_context import turn_context
from app.adapters.agents_sdk.tools.failures import NOT_DONE, failure_for_model
from app.domain.errors import AnyportError, InvalidInputError
from app.ports.toolbox import Toolbox, ToolSpec

log = structlog.get_logger(__name__)


class ToolboxTools:
    """The tools of one toolbox, whose list may change at any time, without those of the names `reserved`."""

    def __init__(self, toolbox: Toolbox, reserved: Collection[str] = ()) -> None:
        self._toolbox = toolbox
        self._reserved = frozenset(reserved)
        self._specs: list[ToolSpec] = []
        self._tools: Sequence[Tool] = []

    @property
    def read_only(self) -> frozenset[str]:
        """Names of the tools that change nothing, as of the last `current`."""
        return frozenset(spec.name for spec in self._specs if spec.read_only)

    def current(self) -> Sequence[Tool]:
        """Return the tools available now; the objects stay the same until the toolbox's list changes."""
        if self._specs != (specs := [*self._toolbox.tools]):
            self._specs = specs
            self._tools = [_tool(self._toolbox, spec) for spec in specs if spec.name not in self._reserved]
            # The start refuses such a name; this tool came later, and providers refuse a request with both.
            for name in sorted(self._reserved & {spec.name for spec in specs}):
                log.warning("external tool left out, name taken", tool=name, change="rename the assistant's own tool")
        return self._tools


def _tool(toolbox: Toolbox, spec: ToolSpec) -> Tool:
    async def invoke(ctx: ToolContext[Any], text: str) -> str:
        try:
            result = await toolbox.call(spec.name, _arguments(text), turn_context(ctx).request)
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
