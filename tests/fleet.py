"""Several servers on one database."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from tests.server import ServerProcess, running


@asynccontextmanager
async def fleet(folder: Path, count: int, **environment: str) -> AsyncIterator[list[ServerProcess]]:
    """Run `count` servers, each in its own folder, for the length of the block."""
    async with AsyncExitStack() as stack:
        servers = []
        for number in range(count):
            own = folder / f"replica-{number}"
            own.mkdir()
            servers.append(await stack.enter_async_context(running(own, environment)))
        yield servers
