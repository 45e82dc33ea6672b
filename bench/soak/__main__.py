"""`python -m bench.soak`: a thousand conversations, crashes and deployments, and an audit."""

import asyncio
import random
import sys
import tempfile
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import click

from bench.soak.audit import Audit
from bench.soak.client import Client
from bench.soak.conversation import Conversation
from bench.soak.fleet import Fleet, fleet
from bench.soak.upstream import Upstream
from tests.postgres import Databases, postgres_url

GRACE_SECONDS = 3


@click.command()
@click.option("--conversations", default=1000, show_default=True)
@click.option("--at-once", default=40, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--pause", default=0.02, show_default=True, help="Seconds between two words of the model.")
@click.option("--skew", default=0.0, help="Seconds that the clock of one replica is ahead; below 0 it is behind.")
@click.option("--calm", is_flag=True, help="Neither crashes nor deployments.")
def soak(*, conversations: int, at_once: int, seed: int, pause: float, skew: float, calm: bool) -> None:
    """Hold many conversations with three replicas while replicas die and are replaced; then compare."""
    sys.exit(asyncio.run(_soak(conversations, at_once, seed, pause, skew=skew, calm=calm)))


async def _soak(count: int, at_once: int, seed: int, pause: float, *, skew: float, calm: bool) -> int:
    began, upstream = time.monotonic(), Upstream(pause)
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        async with postgres_url() as admin, upstream.listening():
            databases = Databases(admin)
            async with (
                databases.fresh() as url,
                fleet(Path(folder), _environment(url, upstream), skew=skew) as replicas,
            ):
                connect = partial(Client, replicas.url)
                held = [Conversation(connect, number, seed) for number in range(count)]
                await _hold(held, at_once, replicas, seed, calm=calm)
                await asyncio.sleep(GRACE_SECONDS + 2)  # Answers without a reader end meanwhile.
                audit = Audit(replicas.deaths, grace=GRACE_SECONDS)
                await audit.compare(connect("audit"), held)
                figures = {"crashes": len(replicas.deaths), "rolling restarts": replicas.rollings}
            await databases.aclose()
    figures |= {"answers of the model": upstream.answers, "of them cut": upstream.cut, **audit.figures}
    for name, figure in figures.items():
        click.echo(f"{name:<36} {figure:>8}")
    for difference in audit.differences[:50]:
        click.echo(f"DIFFERENCE: {difference}")
    click.echo(f"{'differences':<36} {len(audit.differences):>8}   (seed {seed}, {time.monotonic() - began:.0f} s)")
    return bool(audit.differences)


async def _hold(held: list[Conversation], at_once: int, replicas: Fleet, seed: int, *, calm: bool) -> None:
    places = asyncio.Semaphore(at_once)

    async def hold(conversation: Conversation) -> None:
        async with places:
            await conversation.run()

    trouble = asyncio.create_task(asyncio.sleep(0) if calm else _trouble(replicas, seed))
    async with asyncio.TaskGroup() as group:
        for conversation in held:
            group.create_task(hold(conversation))
    trouble.cancel()
    with suppress(asyncio.CancelledError):
        await trouble


async def _trouble(replicas: Fleet, seed: int) -> None:
    """Something happens every few seconds: mostly a crash, sometimes a deployment."""
    dice = random.Random(seed)
    while True:
        await asyncio.sleep(dice.uniform(3, 8))
        if dice.random() < 0.3:
            await replicas.roll()
        else:
            await replicas.crash(dice.randrange(len(replicas.replicas)))


def _environment(database_url: str, upstream: Upstream) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url,
        "GEMINI_API_KEY": "counting",
        "GEMINI_BASE_URL": upstream.url,
        "TURN_GRACE_SECONDS": str(GRACE_SECONDS),
        "MAX_CONCURRENT_TURNS": "0",
        "TITLES": "off",
        "APP_LOG_LEVEL": "warning",
    }


if __name__ == "__main__":
    soak()
