"""`python -m bench.turn`: does a whole turn on a long thread cost more than one on a short thread?

A turn of the real server, from ChatKit's request to the last event, on the demo provider and a SQLite file, without
HTTP. What counts is the ratio of CPU times; the threads take turns, so that the machine treats both alike. Each turn
gets a short thread of its own, because a turn makes its thread longer. Exits with 1 when the ratio is over the limit.
"""

import asyncio
import datetime as dt
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import click
from chatkit.server import StreamingResult
from chatkit.types import ThreadMetadata

from app.bootstrap import make_container, read_settings
from app.domain.identity import RequestContext
from app.entrypoints.chatkit.plain import chatkit_request
from app.entrypoints.chatkit.server import AnyportServer
from app.ports.thread_store import ThreadStore
from tests.sql import message

LIMIT = 1.5
WARM_UP = 5
ADA = RequestContext(user_id="ada")


async def seconds_of_a_turn(server: AnyportServer, thread_id: str) -> float:
    """CPU seconds that one message and its answer take."""
    started = time.process_time()
    result = await server.process(chatkit_request("Thank you!", thread_id), ADA)
    assert isinstance(result, StreamingResult)  # the request is one that streams
    async for _ in result.json_events:
        pass
    return time.process_time() - started


async def fill(store: ThreadStore, thread_id: str, items: int) -> None:
    """A thread of so many messages."""
    await store.save_thread(ThreadMetadata(id=thread_id, title="t", created_at=dt.datetime.now(dt.UTC)), ADA)
    for number in range(items):
        await store.add_thread_item(thread_id, message(thread_id, number), ADA)


async def measure(folder: Path, small: int, large: int, rounds: int) -> tuple[float, float]:
    """Median CPU seconds of a turn on a thread of `small` and on one of `large` items."""
    environment = {"LLM_PROVIDER": "demo", "DEMO_DELAY_MS": "0", "DATABASE_URL": f"sqlite:///{folder}/bench.db"}
    container = make_container(read_settings(environment))
    try:
        server = await container.get(AnyportServer)
        await fill(server.store, "thr_large", large)
        on_small, on_large = [], []
        for number in range(rounds + WARM_UP):
            await fill(server.store, f"thr_small_{number}", small)
            on_small.append(await seconds_of_a_turn(server, f"thr_small_{number}"))
            on_large.append(await seconds_of_a_turn(server, "thr_large"))
        return median(on_small[WARM_UP:]), median(on_large[WARM_UP:])
    finally:
        await container.close()


@click.command()
@click.option("--small", default=10, help="Items in the short thread.")
@click.option("--large", default=10_000, help="Items in the long thread.")
@click.option("--rounds", default=30, help="Turns on each.")
def main(small: int, large: int, rounds: int) -> None:
    """Print what a turn on the long thread costs, in turns on the short one."""
    with tempfile.TemporaryDirectory() as folder:
        few, many = asyncio.run(measure(Path(folder), small, large, rounds))
    ratio = many / few
    times = f"{many * 1e3:.1f} / {few * 1e3:.1f} ms CPU"
    click.echo(f"a turn on {large:,} items / a turn on {small:,} items: {ratio:.2f}  ({times})")
    sys.exit(ratio > LIMIT)


if __name__ == "__main__":
    main()
