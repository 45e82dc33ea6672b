"""Impatient proxy: ends a response after a silence, as proxies in front of event streams do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.server import ServerProcess


@asynccontextmanager
async def impatient_proxy(server: ServerProcess, patience: float) -> AsyncIterator[str]:
    """Run the proxy for the length of the block; yield its address."""
    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind, before = await asyncio.open_connection("127.0.0.1", server.port)
        asking = asyncio.create_task(_pass_on(reader, before, None))
        try:
            await _pass_on(behind, writer, patience)
        finally:
            asking.cancel()
            before.close()
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(serve(reader, writer))
        serving.add(task)
        task.add_done_callback(serving.discard)

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as listener:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, patience: float | None) -> None:
    try:
        while data := await asyncio.wait_for(reader.read(2**16), patience):
            writer.write(data)
            await writer.drain()
    except (TimeoutError, ConnectionError):
        return
