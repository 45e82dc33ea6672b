"""Static-tools agent: an agent whose tools are all enabled, in every run.

The Agents SDK asks each tool of an agent, in a task of its own, whether it is enabled, and serializes all tools twice a
run to distinguish the agent from others of its name. An agent that overrides `get_all_tools` costs neither.
"""

import inspect
from collections.abc import Sequence
from typing import Any

from agents import Agent, FunctionTool, RunContextWrapper, Tool

from app.patches.register import STATIC_TOOLS


class StaticToolsAgent(Agent[Any]):
    """An `Agent` with `static_tools` in place of `tools`."""

    static_tools: Sequence[Tool] = ()

    async def get_all_tools(self, run_context: RunContextWrapper[Any]) -> list[Tool]:
        """The static tools."""
        return [*self.static_tools]


def fits() -> bool:
    """True when the SDK gets an agent's tools from the method that is overridden."""
    return list(inspect.signature(Agent.get_all_tools).parameters) == ["self", "run_context"] and all(
        name in inspect.signature(FunctionTool).parameters for name in ("is_enabled", "defer_loading")
    )


def agent_with(name: str, tools: Sequence[Tool]) -> Agent[Any]:
    """An agent with `tools`; the SDK's own class where the patch is not applied, or a tool may be disabled."""
    if not STATIC_TOOLS.is_applied() or not all(map(_is_static, tools)):
        return Agent[Any](name=name, tools=[*tools])
    agent = StaticToolsAgent(name=name)
    agent.static_tools = (*tools,)
    return agent


def _is_static(tool: Tool) -> bool:
    return isinstance(tool, FunctionTool) and tool.is_enabled is True and not tool.defer_loading
