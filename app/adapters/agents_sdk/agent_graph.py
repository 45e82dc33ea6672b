"""Agent graph: the assistant's agent and all that it hands off to, prepared for one run."""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace
from typing import Any

from agents import Agent, Handoff, Model, ModelSettings, RunContextWrapper, Tool

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.effect_replay import with_replayed_effects
from app.adapters.agents_sdk.instructions import instructions
from app.adapters.agents_sdk.tool_context import TurnContext
from app.adapters.agents_sdk.tools.toolbox_tools import ToolboxTools
from app.domain.clock import clock
from app.patches.static_tools_agent import agent_with
from app.ports.agent_runner import RunRequest
from app.ports.model_provider import Capabilities

Equip = Callable[[Sequence[Tool]], list[Tool]]
"""Returns the tools of one agent as a run needs them."""


class AgentGraph:
    """The agents of one assistant, with the external tools for the first of them."""

    def __init__(self, assistant: Assistant, external_tools: ToolboxTools) -> None:
        self._assistant = assistant
        self._external_tools = external_tools
        self._cached_agent: Agent[TurnContext] | None = None
        self._cached_tools: list[Tool] = []

    def tools(self) -> list[Tool]:
        """Return the tools of the first agent, those of the assistant and the external ones included."""
        own = self._assistant.agent.tools if self._assistant.agent else ()
        return [*own, *self._assistant.tools, *self._external_tools.current()]

    def tool(self, name: str) -> Tool | None:
        """Return the tool of this name of any agent; that of the first agent goes before others."""
        agents = reachable(self._assistant.agent) if self._assistant.agent else []
        tools = [*self.tools(), *(tool for agent in agents for tool in agent.tools)]
        return next((tool for tool in tools if tool.name == name), None)

    def for_run(self, request: RunRequest, chosen: Model, able: Capabilities) -> Agent[TurnContext]:
        """Return the first agent of a run, with the graph behind it.

        `chosen` is the model for an agent that names none, `able` what it supports.
        """
        if self._assistant.agent is None:
            return self._described(request, chosen, able)
        return self._own(self._assistant.agent, request)

    def _own(self, root: Agent[Any], request: RunRequest) -> Agent[Any]:
        """The assistant's agent itself where nothing is added to it, so that its hooks meet the agents they know."""
        tools = self.tools()
        if request.done:
            root = GraphCopy(lambda own: with_replayed_effects(own, request.done)).agent(root)
            root.tools = with_replayed_effects(tools, request.done)
        elif len(tools) > len(root.tools):
            root = GraphCopy(list).agent(root)
            root.tools = tools
        if request.tool:
            root = copy(root)
            root.model_settings = replace(root.model_settings, tool_choice=request.tool)
        return root

    def _described(self, request: RunRequest, chosen: Model, able: Capabilities) -> Agent[TurnContext]:
        """An agent copied from a cached one: building it anew resolves the types of all fields."""
        tools = self.tools() if able.tools else []
        if request.done:
            agent = agent_with(self._assistant.name, with_replayed_effects(tools, request.done))
        else:
            if self._cached_agent is None or self._cached_tools != tools:
                self._cached_agent, self._cached_tools = agent_with(self._assistant.name, tools), tools
            agent = copy(self._cached_agent)
        # Set on the agent: with a model of a provider the SDK copies its default settings to compare them.
        agent.model = chosen
        agent.instructions = instructions(self._assistant, request.context, clock.now().date())
        agent.model_settings = ModelSettings(tool_choice=request.tool)
        return agent


class GraphCopy:
    """Copies agents, and the agents that they hand off to, with other tools; each agent is copied once."""

    def __init__(self, equip: Equip) -> None:
        self._equip = equip
        self._copies: dict[int, tuple[Agent[Any], Agent[Any]]] = {}

    def agent(self, original: Agent[Any]) -> Agent[Any]:
        """Return the copy of this agent; a copy is returned as it is."""
        if known := self._copies.get(id(original)):
            return known[1]
        new = copy(original)
        # The original is kept too: the id of an object that is gone may be used again.
        self._copies[id(original)] = self._copies[id(new)] = original, new
        new.tools = self._equip(original.tools)
        new.handoffs = [self._handoff(one) for one in original.handoffs]
        return new

    def _handoff(self, one: Agent[Any] | Handoff[Any, Any]) -> Agent[Any] | Handoff[Any, Any]:
        if isinstance(one, Agent):
            return self.agent(one)
        new, invoke = copy(one), one.on_invoke_handoff

        async def hand_off(context: RunContextWrapper[Any], arguments: str) -> Agent[Any]:
            return self.agent(await invoke(context, arguments))

        new.on_invoke_handoff = hand_off
        return new


def reachable(root: Agent[Any]) -> list[Agent[Any]]:
    """Return the agent and all that it hands off to; the agents behind `Handoff` objects are unknown."""
    found = [root]
    for agent in found:
        found += [one for one in agent.handoffs if isinstance(one, Agent) and not any(one is known for known in found)]
    return found
