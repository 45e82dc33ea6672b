"""What it takes a server to become healthy, and what it holds before anybody has asked it for anything."""

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

import msgspec
import psutil

from bench.servers import SERVERS, Running, upstream
from tests.server import ServerProcess

STARTS = 3


class Start(msgspec.Struct, frozen=True):
    """Seconds and CPU seconds until it was healthy, then bytes of resident memory; medians."""

    seconds: float
    cpu: float
    resident: float


async def starts(folder: Path, chosen: Sequence[str]) -> dict[str, Start]:
    """Each server on its own, in turns. The first round is not counted: it makes the databases."""
    found: dict[str, list[Start]] = {name: [] for name in chosen}
    async with upstream() as url:
        for number in range(STARTS + 1):
            for name in chosen:
                async with started(name, folder / name, url) as (_, start):
                    if number:
                        found[name].append(start)
    return {name: _middle(all_) for name, all_ in found.items()}


@asynccontextmanager
async def started(name: str, folder: Path, url: str) -> AsyncGenerator[tuple[Running, Start], None]:
    """One of the servers, keeping what it keeps in `folder`."""
    server = _process(name, folder, url)
    begun = time.perf_counter()
    await server.start()
    took = time.perf_counter() - begun
    try:
        process = psutil.Process(server.pid)
        times = process.cpu_times()
        start = Start(took, times.user + times.system, process.memory_info().rss)
        yield Running(name, server.port, process), start
    finally:
        await server.stop()


def _process(name: str, folder: Path, url: str) -> ServerProcess:
    folder.mkdir(exist_ok=True)
    kind = SERVERS[name]
    told = {
        key: value.replace("UPSTREAM", url).replace("FOLDER", str(folder)) for key, value in kind.environment.items()
    }
    return ServerProcess(folder, told, command=kind.command)


def _middle(starts: Sequence[Start]) -> Start:
    return Start(
        median(start.seconds for start in starts),
        median(start.cpu for start in starts),
        median(start.resident for start in starts),
    )
