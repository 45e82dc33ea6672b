"""Agent graph: the assistant's agent and all that it hands off to, prepared for one run."""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace
from functools import partial
from typing import Any

from agents import Agent, Handoff, Model, ModelSettings, RunContextWrapper, Tool

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.input.instructions import instructions
from app.adapters.agents_sdk.run.effect_replay import with_replayed_effects
from app.adapters.agents_sdk.tool_context import TurnContext
from app.adapters.agents_sdk.tools.toolbox_tools import ToolboxTools
from app.domain.clock import clock
from app.patches.agent_references import target_of
from app.patches.static_tools_agent import agent_with
from app.ports.agent_runner import RunRequest
from app.ports.model_provider import Capabilities

Equip = Callable[[Agent[Any], Sequence[Tool]], list[Tool]]
"""Returns the tools of one agent as a run needs them, from its own tools or from those of its MCP servers."""


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
        """The assistant's agent itself where nothing is added to it, so that its hooks meet the agents they know.

        A resumed run goes on with the agent that asked.
        """
        tools, done = self.tools(), request.done

        def equip(agent: Agent[Any], own: Sequence[Tool]) -> list[Tool]:
            given = tools if agent is root and own is root.tools else own
            return with_replayed_effects(given, done) if done else [*given]

        first = self._asking(root, request)
        if done or len(tools) > len(root.tools):
            first = GraphCopy(equip).agent(first)
        if request.tool:
            first = copy(first)
            first.model_settings = replace(first.model_settings, tool_choice=request.tool)
        return first

    def _asking(self, root: Agent[Any], request: RunRequest) -> Agent[Any]:
        """The agent whose question was answered; the first one for a new message, or where it is not there any more."""
        name = request.answered.call.agent if request.answered is not None else ""
        return next((agent for agent in reachable(root) if agent.name == name), root) if name else root

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
        new.tools = self._equip(original, original.tools)
        if original.mcp_servers:
            new.get_mcp_tools = partial(self._mcp_tools, original)  # type: ignore[method-assign]
        new.handoffs = [self._handoff(one) for one in original.handoffs]
        return new

    async def _mcp_tools(self, original: Agent[Any], context: RunContextWrapper[Any]) -> list[Tool]:
        return self._equip(original, await original.get_mcp_tools(context))

    def _handoff(self, one: Agent[Any] | Handoff[Any, Any]) -> Agent[Any] | Handoff[Any, Any]:
        if isinstance(one, Agent):
            return self.agent(one)
        new, invoke = copy(one), one.on_invoke_handoff

        async def hand_off(context: RunContextWrapper[Any], arguments: str) -> Agent[Any]:
            return self.agent(await invoke(context, arguments))

        new.on_invoke_handoff = hand_off
        return new


def reachable(root: Agent[Any]) -> list[Agent[Any]]:
    """Return the agent and all that it hands off to; an agent that a `Handoff` makes when it is called is unknown."""
    found = [root]
    for agent in found:
        targets = (one if isinstance(one, Agent) else target_of(one) for one in agent.handoffs)
        found += [one for one in targets if isinstance(one, Agent) and not any(one is known for known in found)]
    return found
