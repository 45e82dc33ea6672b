"""`python -m bench.speed`: what a streamed token costs here, and in the servers it is compared with.

All servers run side by side and are asked in turns, so that a slow moment of the machine meets each of them. What
counts is the CPU time of a server's process, and of that the ratios. See bench/README.md.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Container, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from typing import Final

import click

from bench.measures import Burst, burst, first_token, paced, paced_token, warm
from bench.record import record
from bench.report import Findings, machine, ratios, table
from bench.servers import SERVERS, Running, upstream
from bench.start import Start, middle, started, starts
from bench.streams import Streams, answer_bytes, page_bytes, reader_bytes
from bench.turn import long_and_short

ENOUGH: Final = 2
"""Rounds in which a slow server's waiting times are measured; its bursts are in all of them."""


async def measure(folder: Path, chosen: Sequence[str], rounds: int, *, limits: Container[str]) -> Findings:
    """Everything; how many paced answers they carry, of those in `limits` alone."""
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(upstream())
        opened = [await stack.enter_async_context(started(name, folder / name, url)) for name in chosen]
        servers = [server for server, _ in opened]
        say("started all")
        bursts, firsts, pacings = await _rounds(servers, rounds)
        tokens = {name: median(burst.token for burst in bursts[name]) for name in chosen}
        carried = {each.name: await _carried(each, tokens[each.name]) for each in servers if each.name in limits}
    found = await starts(folder, chosen)
    say("started each by itself")
    streams = {name: await _streams(name, folder, found[name]) for name in chosen}
    say("opened streams")
    long, short = await long_and_short(folder)
    say("talked in long threads")
    started_in = {name: middle(all_) for name, all_ in found.items()}
    return Findings(started_in, bursts, firsts, pacings, carried, streams, long / short)


async def _rounds(
    servers: Sequence[Running], rounds: int
) -> tuple[dict[str, list[Burst]], dict[str, list[float]], dict[str, list[float]]]:
    bursts: dict[str, list[Burst]] = {server.name: [] for server in servers}
    firsts: dict[str, list[float]] = {server.name: [] for server in servers}
    pacings: dict[str, list[float]] = {server.name: [] for server in servers}
    for server in servers:
        await warm(server)
    say("warmed all")
    for number in range(rounds):
        for server in servers:
            bursts[server.name].append(await burst(server))
            if number < ENOUGH or not server.slow:
                firsts[server.name].append(await first_token(server))
                pacings[server.name].append(await paced_token(server))
        say(f"round {number + 1} of {rounds}")
    return bursts, firsts, pacings


async def _streams(name: str, folder: Path, found: list[Start]) -> Streams:
    """Each kind in a server that has just started: what one has let go of, the next would be given for nothing.

    The starts are further ones like those in `found`.
    """

    async def measured(each: Callable[[Running], Awaitable[float]]) -> float:
        async with upstream() as url, started(name, folder / name, url) as (server, start):
            found.append(start)
            return await each(server)

    answer = await measured(answer_bytes)
    if name != "anyport":
        return Streams(answer)
    return Streams(answer, await measured(reader_bytes), await measured(page_bytes))


async def _carried(server: Running, token: float) -> int:
    carried = await paced(server, token)
    say(f"{server.name}: {carried} paced answers at once")
    return carried


def say(what: str) -> None:
    """How far it is, with the seconds since the start."""
    print(f"{time.monotonic() - BEGUN:4.0f} s  {what}", file=sys.stderr, flush=True)


@click.command()
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(min=1))
@click.option("--only", multiple=True, type=click.Choice(list(SERVERS)), help="Measure just these.")
@click.option(
    "--limits/--no-limits",
    default=True,
    help="Search for the most paced answers at once; of slow servers only with --only, for theirs takes minutes.",
)
def main(rounds: int, only: tuple[str, ...], limits: bool) -> None:
    """Print the table. One of everything is recorded in bench/results.md and in the README."""
    chosen = only or list(SERVERS)
    searched = only or [name for name, kind in SERVERS.items() if not kind.slow]
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(measure(Path(folder), chosen, rounds, limits=searched if limits else ()))
    print(machine(), table(found), sep="\n\n")
    if limits and not only:
        record(machine(), ratios(found), table(found))


BEGUN = time.monotonic()

if __name__ == "__main__":
    main()
