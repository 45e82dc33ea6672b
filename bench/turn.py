"""`python -m bench.turn`: the cost of a turn on a long thread, as a multiple of one on a short thread.

Measures CPU time of the server's process on SQLite, from the request to the last event of the answer. A few turns on
one thread alternate with as many on the other, so that a slow moment of the machine affects both. Each turn on a short
thread gets a new one, because a turn makes its thread longer. The model gets `HISTORY_ITEMS` items of the long thread,
five times as many as the short one has. Exits with 1 when the ratio is over the limit.
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Final

import click

from app.adapters.auth.single_user import LOCAL_USER
from app.domain.identity import RequestContext
from bench.servers import upstream
from bench.start import started
from tests.chatkit_client import ChatKitClient
from tests.sql import filled_thread, storage_at

LIMIT: Final = 1.5
SMALL: Final = 10
LARGE: Final = 10_000
ROUNDS: Final = 8
TURNS: Final = 10
_LOCAL: Final = RequestContext(user_id=LOCAL_USER)
_ASKED: Final = "tokens=20 pace=0"


async def long_and_short(
    folder: Path, small: int = SMALL, large: int = LARGE, rounds: int = ROUNDS
) -> tuple[float, float]:
    """CPU seconds of a turn on a thread of `large`, and on one of `small` items. The first round is not counted."""
    short = [f"thr_short_{number}" for number in range((rounds + 1) * TURNS)]
    async with upstream() as url, started("anyport", folder / "threads", url) as (server, _):
        async with storage_at(f"sqlite:///{folder}/threads/bench.db") as storage:
            await filled_thread(storage, "thr_long", large, _LOCAL)
            for thread_id in short:
                await filled_thread(storage, thread_id, small, _LOCAL)
        spent = [0.0, 0.0]
        async with ChatKitClient(f"http://127.0.0.1:{server.port}") as client:
            for number in range(rounds + 1):
                chosen = short[number * TURNS : (number + 1) * TURNS]
                for which, threads in enumerate((["thr_long"] * TURNS, chosen)):
                    before = server.cpu
                    for thread_id in threads:
                        await client.say(_ASKED, thread_id)
                    spent[which] += (server.cpu - before) if number else 0
    return spent[0] / rounds / TURNS, spent[1] / rounds / TURNS


@click.command()
@click.option("--small", default=SMALL, show_default=True, help="Items in the short thread.")
@click.option("--large", default=LARGE, show_default=True, help="Items in the long thread.")
@click.option("--rounds", default=ROUNDS, show_default=True, help=f"Each of {TURNS} turns on both.")
def main(small: int, large: int, rounds: int) -> None:
    """Print what a turn on the long thread costs, in turns on the short one."""
    with tempfile.TemporaryDirectory() as folder:
        many, few = asyncio.run(long_and_short(Path(folder), small, large, rounds))
    ratio = many / few
    times = f"{many * 1e3:.1f} / {few * 1e3:.1f} ms CPU"
    click.echo(f"a turn on {large:,} items / a turn on {small:,} items: {ratio:.2f}  ({times})")
    sys.exit(ratio > LIMIT)


if __name__ == "__main__":
    main()
