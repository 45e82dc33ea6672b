"""A runner whose libraries are imported when the server listens already: a tenth of a start that only answers need."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress

from chatkit.types import ThreadStreamEvent

from app.ports.agent_runner import AgentRunner, RunReport, RunRequest


class LateRunner(AgentRunner):
    """Has `make` called in a thread, once, and stands in for what it returned; when that fails, the next who asks
    tries again."""

    def __init__(self, make: Callable[[], AgentRunner]) -> None:
        self._make = make
        self._making: asyncio.Task[AgentRunner] | None = None
        self._made: AgentRunner | None = None

    async def tools(self) -> frozenset[str]:
        return await (await self._runner()).tools()

    async def warm(self) -> None:
        await (await self._runner()).warm()

    def run(self, request: RunRequest, report: RunReport) -> AsyncGenerator[ThreadStreamEvent, None]:
        return self._run(request, report) if self._made is None else self._made.run(request, report)

    async def _run(self, request: RunRequest, report: RunReport) -> AsyncGenerator[ThreadStreamEvent, None]:
        runner = await self._runner()
        async with aclosing(runner.run(request, report)) as events:
            async for event in events:
                yield event

    async def _runner(self) -> AgentRunner:
        if self._made is None:
            if self._making is None or self._making.done():
                self._making = asyncio.create_task(asyncio.to_thread(self._make))
            # Whoever gives up waiting does not take it from the others.
            self._made = await asyncio.shield(self._making)
        return self._made

    async def aclose(self) -> None:
        """See that the thread is over, if there is one."""
        if self._making is not None:
            with suppress(Exception):  # those who waited were told
                await self._making
