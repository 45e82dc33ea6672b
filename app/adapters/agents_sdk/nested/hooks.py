"""Nested hooks: the hooks of a run inside a tool, with what every run of a turn must do."""

from typing import Any

from agents import Agent, RunHooks, Tool
from agents.tool_context import ToolContext

from app.adapters.agents_sdk.models.foreign_models import refuse_foreign_model
from app.adapters.agents_sdk.nested.active_run import ActiveRun, RunScope


class NestedHooks(RunHooks[Any]):
    """Calls the code's own hooks, refuses foreign models, and records the effects of tools."""

    def __init__(self, run: RunScope, own: RunHooks[Any] | None) -> None:
        self._run = run
        self._own = own or RunHooks[Any]()

    async def on_agent_start(self, context: Any, agent: Agent[Any]) -> None:
        refuse_foreign_model(agent.name, agent.model)
        await self._own.on_agent_start(context, agent)

    async def on_agent_end(self, context: Any, agent: Agent[Any], output: Any) -> None:
        await self._own.on_agent_end(context, agent, output)

    async def on_handoff(self, context: Any, from_agent: Agent[Any], to_agent: Agent[Any]) -> None:
        await self._own.on_handoff(context, from_agent, to_agent)

    async def on_llm_start(self, context: Any, agent: Any, system_prompt: str | None, input_items: Any) -> None:
        refuse_foreign_model(agent.name, agent.model)
        await self._own.on_llm_start(context, agent, system_prompt, input_items)

    async def on_llm_end(self, context: Any, agent: Any, response: Any) -> None:
        await self._own.on_llm_end(context, agent, response)

    async def on_tool_start(self, context: Any, agent: Any, tool: Tool) -> None:
        await self._own.on_tool_start(context, agent, tool)

    async def on_tool_end(self, context: Any, agent: Any, tool: Tool, result: object) -> None:
        if isinstance(context, ToolContext) and isinstance(self._run, ActiveRun):
            call_id = context.tool_call_id
            reported = call_id in self._run.outlet.changed_by
            self._run.effects.record(call_id, context.tool_name, context.tool_arguments, str(result), reported=reported)
        await self._own.on_tool_end(context, agent, tool, result)
