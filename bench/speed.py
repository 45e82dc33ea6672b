"""`python -m bench.speed`: what a streamed token costs here, and in the servers it is compared with.

All servers run side by side and are asked in turns, so that a slow moment of the machine meets each of them. What
counts is the CPU time of a server's process, and of that the ratios. See bench/README.md.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import click

from bench.measures import Burst, burst, first_token, paced, paced_token
from bench.record import record
from bench.report import Findings, machine, ratios, table
from bench.servers import SERVERS, Running, upstream
from bench.start import started, starts
from bench.streams import Streams, answer_bytes, page_bytes, reader_bytes


async def measure(folder: Path, chosen: Sequence[str], rounds: int, *, limits: bool) -> Findings:
    """Everything. The first round of each is not counted."""
    found = await starts(folder, chosen)
    say("started all")
    bursts: dict[str, list[Burst]] = {name: [] for name in chosen}
    firsts: dict[str, list[float]] = {name: [] for name in chosen}
    pacings: dict[str, list[float]] = {name: [] for name in chosen}
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(upstream())
        opened = [await stack.enter_async_context(started(name, folder / name, url)) for name in chosen]
        servers = [server for server, _ in opened]
        for number in range(rounds + 1):
            for server in servers:
                burned, first, pacing = await burst(server), await first_token(server), await paced_token(server)
                if number:
                    bursts[server.name].append(burned)
                    firsts[server.name].append(first)
                    pacings[server.name].append(pacing)
            say(f"round {number} of {rounds}")
        carried = {server.name: await _carried(server) for server in servers} if limits else {}
    streams = {name: await _streams(name, folder) for name in chosen}
    return Findings(found, bursts, firsts, pacings, carried, streams)


async def _streams(name: str, folder: Path) -> Streams:
    """Each kind in a server that has just started: what one has let go of, the next would be given for nothing."""

    async def measured(each: Callable[[Running], Awaitable[float]]) -> float:
        async with upstream() as url, started(name, folder / name, url) as (server, _):
            return await each(server)

    answer = await measured(answer_bytes)
    if name != "anyport":
        return Streams(answer)
    return Streams(answer, await measured(reader_bytes), await measured(page_bytes))


async def _carried(server: Running) -> int:
    carried = await paced(server)
    say(f"{server.name}: {carried} paced answers at once")
    return carried


def say(what: str) -> None:
    """How far it is, with the seconds since the start."""
    print(f"{time.monotonic() - BEGUN:4.0f} s  {what}", file=sys.stderr, flush=True)


@click.command()
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(min=1))
@click.option("--only", multiple=True, type=click.Choice(list(SERVERS)), help="Measure just these.")
@click.option("--limits/--no-limits", default=True, help="Search for the most paced answers at once; the longest part.")
def main(rounds: int, only: tuple[str, ...], limits: bool) -> None:
    """Print the table. One of everything is recorded in bench/results.md and in the README."""
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(measure(Path(folder), only or list(SERVERS), rounds, limits=limits))
    print(machine(), table(found), sep="\n\n")
    if limits and not only:
        record(machine(), ratios(found), table(found))


BEGUN = time.monotonic()

if __name__ == "__main__":
    main()
