"""Respond runner: runs a function `respond(thread, item, context)` that yields ChatKit's events."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from chatkit.types import ThreadStreamEvent, UserMessageItem

from app.adapters.agents_sdk.loading.forms import Brought
from app.adapters.agents_sdk.models.fallback import CircuitBreakers
from app.adapters.agents_sdk.run.parts import RunParts
from app.adapters.brought.code_run import CodeRun
from app.adapters.brought.places import Function
from app.ports.agent_runner import AgentRunner, RunReport, RunRequest


class RespondRunner(AgentRunner):
    """Calls the function once for each answer; `item` is None when the newest item is not a message of the user."""

    def __init__(self, brought: Brought, parts: RunParts) -> None:
        self._respond: Function = brought.code
        self._parts = parts
        self._breakers = CircuitBreakers()

    async def tools(self) -> frozenset[str]:
        """Return no tools: their names are known to the code alone."""
        return frozenset()

    async def offers(self, tool: str) -> bool:
        """Return True: the code reads the tool that a message names."""
        return True

    async def run(self, request: RunRequest, report: RunReport) -> AsyncGenerator[ThreadStreamEvent, None]:
        """Stream the events of the function. See `AgentRunner.run`."""
        newest = request.history[-1]
        item = newest if isinstance(newest, UserMessageItem) else None
        run = CodeRun(self._parts, self._breakers, request, report, self._respond)
        async with aclosing(run.events(run.thread, item, request.context)) as events:
            async for event in events:
                yield event
