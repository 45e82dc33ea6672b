"""Run hooks: show running tools in the outlet, and record results and effects."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from agents import RunHooks, Tool
from agents.run_context import RunContextWrapper
from agents.tool_context import ToolContext

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.models.foreign_models import refuse_foreign_model
from app.adapters.agents_sdk.output.outlet import Outlet
from app.adapters.agents_sdk.run.agent_mcp_servers import AgentMcpServers
from app.adapters.agents_sdk.run.effects import RunEffects
from app.adapters.agents_sdk.run.transcript import RunTranscript
from app.adapters.agents_sdk.tool_context import TurnContext


class OutletHooks(RunHooks[TurnContext]):
    """Hooks of a run that the user sees, and of the agents that it is handed off to."""

    def __init__(
        self,
        outlet: Outlet,
        transcript: RunTranscript,
        assistant: Assistant,
        effects: RunEffects,
        mcp_servers: AgentMcpServers,
    ) -> None:
        self._outlet = outlet
        self._transcript = transcript
        self._assistant = assistant
        self._effects = effects
        self._mcp_servers = mcp_servers

    async def on_agent_start(self, context: Any, agent: Any) -> None:
        refuse_foreign_model(agent.name, agent.model)
        self._outlet.agent = agent.name

    async def on_tool_start(self, context: RunContextWrapper[TurnContext], agent: Any, tool: Tool) -> None:
        if isinstance(context, ToolContext):
            title = self._assistant.describe(context.tool_name, parsed_arguments(context.tool_arguments))
            self._outlet.tool_started(context.tool_call_id, title)
            self._effects.call_started(context.tool_call_id, context.tool_name, context.tool_arguments)

    async def on_tool_end(
        self, context: RunContextWrapper[TurnContext], agent: Any, tool: Tool, result: object
    ) -> None:
        if isinstance(context, ToolContext):
            call_id, open_call = context.tool_call_id, self._outlet.questions.open_call
            changed = False
            self._effects.call_ended(call_id)
            if open_call is None or open_call.call_id != call_id:
                self._transcript.tool_returned(call_id, result)
                reported = call_id in self._outlet.changed_by
                changed = self._effects.record(
                    call_id, context.tool_name, context.tool_arguments, str(result), reported=reported
                )
            elif self._assistant.agent is not None:
                self._outlet.questions.asked_by(agent.name)
            self._outlet.annotator.remember(str(result))
            self._outlet.tool_finished(call_id, changed=changed)
        # A call may have ended its server, which the agent's next round asks for its tools.
        await self._mcp_servers.require(agent.mcp_servers)

    async def on_handoff(self, context: Any, from_agent: Any, to_agent: Any) -> None:
        self._transcript.handed_off(to_agent.name)
        self._outlet.handed_off(to_agent.name)
        await self._mcp_servers.require(to_agent.mcp_servers)


class BothHooks(RunHooks[Any]):
    """Hooks that pass each event to ours, and then to the assistant's own."""

    def __init__(self, ours: RunHooks[Any], own: RunHooks[Any]) -> None:
        self._both = (ours, own)

    async def on_llm_start(self, *args: Any, **kwargs: Any) -> None:
        for hooks in self._both:
            await hooks.on_llm_start(*args, **kwargs)

    async def on_llm_end(self, *args: Any, **kwargs: Any) -> None:
        for hooks in self._both:
            await hooks.on_llm_end(*args, **kwargs)

    async def on_agent_start(self, *args: Any, **kwargs: Any) -> None:
        for hooks in self._both:
            await hooks.on_agent_start(*args, **kwargs)

    async def on_agent_end(self, *args: Any, **kwargs: Any) -> None:
        for hooks in self._both:
            await hooks.on_agent_end(*args, **kwargs)

    async def on_handoff(self, *args: Any, **kwargs: Any) -> None:
        for hooks in self._both:
            await hooks.on_handoff(*args, **kwargs)

    async def on_tool_start(self, *args: Any, **kwargs: Any) -> None:
        for hooks in self._both:
            await hooks.on_tool_start(*args, **kwargs)

    async def on_tool_end(self, *args: Any, **kwargs: Any) -> None:
        for hooks in self._both:
            await hooks.on_tool_end(*args, **kwargs)


def run_hooks(
    outlet: Outlet,
    transcript: RunTranscript,
    assistant: Assistant,
    effects: RunEffects,
    mcp_servers: AgentMcpServers,
) -> RunHooks[TurnContext]:
    """Return the hooks of a run that the user sees, joined by the assistant's own."""
    ours = OutletHooks(outlet, transcript, assistant, effects, mcp_servers)
    return ours if assistant.hooks is None else BothHooks(ours, assistant.hooks)


def parsed_arguments(text: str) -> Mapping[str, Any]:
    """Return the arguments of a call; an empty object for a text that is no JSON object."""
    with suppress(ValueError, RecursionError):
        arguments = json.loads(text)
        if isinstance(arguments, dict):
            return arguments
    return {}
