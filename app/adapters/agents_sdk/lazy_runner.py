"""A runner whose libraries are imported when the server listens already: a tenth of a start that only answers need."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from chatkit.types import ThreadStreamEvent

from app.aio.lazy_value import LazyValue
from app.ports.agent_runner import AgentRunner, RunReport, RunRequest


class LazyRunner(AgentRunner):
    """Stands in for the runner that `make` returns, which may block. Whoever made it closes it."""

    def __init__(self, make: Callable[[], AgentRunner]) -> None:
        self._once = LazyValue(make)
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
            self._made = await self._once.get()
        return self._made

    async def aclose(self) -> None:
        """See that the thread is over, if there is one."""
        await self._once.aclose()
