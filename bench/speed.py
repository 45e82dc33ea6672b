"""`python -m bench.speed`: what a streamed token costs here, and in the servers it is compared with.

All servers run side by side and are asked in turns, so that a slow moment of the machine meets each of them. What
counts is the CPU time of a server's process, and of that the ratios. See bench/README.md.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

import click

from bench.measures import Burst, burst, first_token, memory, paced, paced_token
from bench.report import machine, table
from bench.servers import SERVERS, Running, started


async def measure(folder: Path, chosen: list[str], rounds: int, *, limits: bool) -> str:
    """Everything, as a page of Markdown."""
    async with started(folder, chosen) as servers:
        bursts: dict[str, list[Burst]] = {name: [] for name in servers}
        firsts: dict[str, list[float]] = {name: [] for name in servers}
        pacings: dict[str, list[float]] = {name: [] for name in servers}
        for number in range(rounds + 1):
            for name, server in servers.items():
                found = await burst(server)
                first = await first_token(server)
                pacing = await paced_token(server)
                if number:
                    bursts[name].append(found)
                    firsts[name].append(first)
                    pacings[name].append(pacing)
            print(f"round {number} of {rounds}", file=sys.stderr, flush=True)
        carried = {name: await _carried(server) for name, server in servers.items()} if limits else {}
        streams = {name: await memory(server) for name, server in servers.items()}
        return "\n\n".join([machine(), table(servers, bursts, firsts, pacings, carried, streams)])


async def _carried(server: Running) -> int:
    carried = await paced(server)
    print(f"{server.name}: {carried} paced answers at once", file=sys.stderr, flush=True)
    return carried


@click.command()
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(min=1))
@click.option("--only", multiple=True, type=click.Choice(list(SERVERS)), help="Measure just these.")
@click.option("--limits/--no-limits", default=True, help="Search for the most paced answers at once; the longest part.")
def main(rounds: int, only: tuple[str, ...], limits: bool) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        print(asyncio.run(measure(Path(folder), list(only) or list(SERVERS), rounds, limits=limits)))


if __name__ == "__main__":
    main()
