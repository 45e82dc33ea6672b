"""An agent whose tools are all there, always.

The Agents SDK asks each tool of an agent, in a task of its own, whether it is enabled, and spells all of them out twice
a run to tell the agent from others of that name. One that says itself what it has spares it both.
"""

from collections.abc import Sequence

from agents import Agent, FunctionTool, RunContextWrapper, Tool

from app.adapters.agents_sdk.tool_context import TurnContext


class StaticToolsAgent(Agent[TurnContext]):
    """An `Agent` with `equipment` in place of `tools`."""

    equipment: Sequence[Tool] = ()

    async def get_all_tools(self, run_context: RunContextWrapper[TurnContext]) -> list[Tool]:
        """What it was equipped with."""
        return [*self.equipment]


def agent_with(name: str, tools: Sequence[Tool]) -> Agent[TurnContext]:
    """An agent that has these tools; the SDK's own when one of them is not a plain function for everybody."""
    if not all(isinstance(tool, FunctionTool) and tool.is_enabled is True and not tool.defer_loading for tool in tools):
        return Agent[TurnContext](name=name, tools=[*tools])
    agent = StaticToolsAgent(name=name)
    agent.equipment = (*tools,)
    return agent
