"""Lazy runner: builds the real runner, and imports its libraries, after the server listens.

Only answers need these libraries, and their import takes a tenth of the start.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from chatkit.types import ThreadStreamEvent

from app.aio.lazy_value import LazyValue
from app.ports.agent_runner import AgentRunner, RunReport, RunRequest


class LazyRunner(AgentRunner):
    """A proxy for the runner that `make` returns; `make` runs in a thread, at the first use, and may block.

    The caller closes the lazy runner with `aclose`.
    """

    def __init__(self, make: Callable[[], AgentRunner]) -> None:
        self._lazy_runner = LazyValue(make)
        self._runner: AgentRunner | None = None

    async def tools(self) -> frozenset[str]:
        return await (await self._get()).tools()

    async def offers(self, tool: str) -> bool:
        return await (await self._get()).offers(tool)

    async def warm(self) -> None:
        await (await self._get()).warm()

    def run(self, request: RunRequest, report: RunReport) -> AsyncGenerator[ThreadStreamEvent, None]:
        return self._run(request, report) if self._runner is None else self._runner.run(request, report)

    async def _run(self, request: RunRequest, report: RunReport) -> AsyncGenerator[ThreadStreamEvent, None]:
        runner = await self._get()
        async with aclosing(runner.run(request, report)) as events:
            async for event in events:
                yield event

    async def _get(self) -> AgentRunner:
        if self._runner is None:
            self._runner = await self._lazy_runner.get()
        return self._runner

    async def aclose(self) -> None:
        """Wait for the thread that builds the runner, if one runs, and close the runner. Idempotent."""
        await self._lazy_runner.aclose()
        if self._runner is not None:
            await self._runner.aclose()
