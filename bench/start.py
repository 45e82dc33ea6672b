"""Start of a server: seconds until it is healthy, and its memory before and after the first answer."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

import msgspec
import psutil

from bench.client import request
from bench.servers import SERVERS, Running, upstream
from tests.server import ServerProcess

STARTS = 2


class Start(msgspec.Struct, frozen=True):
    """Seconds and CPU seconds until it was healthy, and until the first word of a first answer, asked for then; bytes
    of resident memory when healthy, and when that answer was over; medians."""

    seconds: float
    cpu: float
    resident: float
    answering: float
    answering_cpu: float
    answered: float


async def starts(folder: Path, chosen: Sequence[str]) -> dict[str, list[Start]]:
    """Each server on its own, in turns; the databases are there already."""
    found: dict[str, list[Start]] = {name: [] for name in chosen}
    async with upstream() as url:
        for _ in range(STARTS):
            for name in chosen:
                async with started(name, folder / name, url) as (_, start):
                    found[name].append(start)
    return found


@asynccontextmanager
async def started(name: str, folder: Path, url: str) -> AsyncGenerator[tuple[Running, Start], None]:
    """One of the servers, keeping what it keeps in `folder`."""
    server = _process(name, folder, url)
    begun = time.perf_counter()
    await server.start()
    took = time.perf_counter() - begun
    try:
        running = Running(name, server.port, psutil.Process(server.pid))
        cpu, resident = running.cpu, running.process.memory_info().rss
        answering, answering_cpu = await _first_word(running, begun)
        answered = running.process.memory_info().rss
        yield running, Start(took, cpu, resident, answering, answering_cpu, answered)
    finally:
        await server.stop()


async def _first_word(server: Running, begun: float) -> tuple[float, float]:
    """Seconds since it began, and its CPU seconds; the answer is read to its end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(request(server.port, 3, 0))
    heard = b""
    while b"text_delta" not in heard and b"chat.completion.chunk" not in heard:
        heard = heard[-100:] + await _some(reader)
    found = time.perf_counter() - begun, server.cpu
    while not heard.endswith(b"0\r\n\r\n"):
        heard = heard[-100:] + await _some(reader)
    writer.close()
    return found


async def _some(reader: asyncio.StreamReader) -> bytes:
    if not (data := await reader.read(65536)):
        raise RuntimeError("the server hung up within its first answer")
    return data


def _process(name: str, folder: Path, url: str) -> ServerProcess:
    folder.mkdir(exist_ok=True)
    kind = SERVERS[name]
    environment = {
        key: value.replace("UPSTREAM", url).replace("FOLDER", str(folder)) for key, value in kind.environment.items()
    }
    return ServerProcess(folder, environment, command=kind.command, fresh=True)


def middle(starts: Sequence[Start]) -> Start:
    """The median of each figure."""
    return Start(*map(median, zip(*map(msgspec.structs.astuple, starts), strict=True)))
