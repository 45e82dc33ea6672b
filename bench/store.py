"""`python -m bench.store`: does what a store call costs depend on how much is kept?

Loads a million items of a thousand users into SQLite and into PostgreSQL, then calls the stores as the server does.
What counts are the ratios: the times are those of the machine. Exits with 1 when a ratio is over the limit.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median

import click
import msgspec

from app.domain.identity import RequestContext
from app.ports.storage import Storage
from bench.load import Load, fill
from tests.postgres import Databases, postgres_url
from tests.sql import message, storage_at

LIMIT = 1.5
PAGE = 10
WARM_UP = 30

TURNS = RequestContext(user_id="user_turns")

Call = Callable[[], Awaitable[object]]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two calls, and how much more the second may cost."""

    name: str
    small: Call
    large: Call
    limit: float | None = LIMIT


class Turn:
    """What the store is asked before the first word of an answer; every call is another message."""

    def __init__(self, storage: Storage, thread_id: str, first: int) -> None:
        self._store = storage.threads
        self._thread_id = thread_id
        self._number = first

    async def __call__(self) -> None:
        self._number += 1
        added = message(self._thread_id, self._number)
        await self._store.load_context(self._thread_id, PAGE, TURNS, adding=added)


def comparisons(storage: Storage, load: Load) -> Sequence[Comparison]:
    """The same calls on little and on much."""
    depth = load.deep * 10 // 11
    deep = f"msg_{depth}"

    def items(after: str | None) -> Call:
        return lambda: storage.threads.load_thread_items("thr_deep", after, PAGE, "asc", TURNS.as_client())

    def threads(user: str) -> Call:
        return lambda: storage.threads.load_threads(PAGE, None, "desc", RequestContext(user_id=f"user_{user}"))

    return [
        Comparison(name=f"items: the first page, and one {depth:,} deep", small=items(None), large=items(deep)),
        Comparison(name=f"items: behind the first, and {depth:,} deep", small=items("msg_0"), large=items(deep)),
        Comparison(name=f"threads: of a user with 10, and {load.many:,}", small=threads("few"), large=threads("many")),
        Comparison(
            name="what a turn asks: on a thread of 10 items, and 10,000",
            small=Turn(storage, "thr_short", 1_000_000),
            large=Turn(storage, "thr_long", 1_000_000),
        ),
    ]


async def measure(comparison: Comparison, rounds: int) -> tuple[float, float]:
    """Medians in seconds, of calls that take turns, so that a slow moment of the machine meets both."""
    small: list[float] = []
    large: list[float] = []
    for round_ in range(-WARM_UP, rounds):
        for call, times in ((comparison.small, small), (comparison.large, large)):
            start = time.perf_counter()
            await call()
            if round_ >= 0:
                times.append(time.perf_counter() - start)
    return median(small), median(large)


async def report(compared: Sequence[Comparison], rounds: int) -> bool:
    """Print a line for each; false when one is over its limit."""
    fine = True
    for comparison in compared:
        small, large = await measure(comparison, rounds)
        over = comparison.limit is not None and large / small > comparison.limit
        fine = fine and not over
        print(
            f"  {comparison.name:<60}{small * 1e6:>7.0f} µs {large * 1e6:>7.0f} µs  × {large / small:.2f}"
            + ("  OVER THE LIMIT" if over else ""),
            flush=True,
        )
    return fine


async def bench(load: Load, rounds: int) -> bool:
    """Both databases, one after the other."""
    async with AsyncExitStack() as opened:
        directory = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        server = await opened.enter_async_context(postgres_url())
        databases = Databases(server)
        opened.push_async_callback(databases.aclose)
        url = await opened.enter_async_context(databases.fresh())
        sqlite = await opened.enter_async_context(storage_at(sqlite_url := f"sqlite:///{directory}/bench.db"))
        postgres = await opened.enter_async_context(storage_at(url))
        pooled = await opened.enter_async_context(storage_at(f"{url}?pgbouncer=true"))
        fine = True
        for storage, location in ((sqlite, sqlite_url), (postgres, url)):
            start = time.perf_counter()
            await fill(location, load)
            took = time.perf_counter() - start
            print(f"{storage.name}: {load.items:,} items of {load.users:,} users, loaded in {took:.0f} s", flush=True)
            fine = await report(comparisons(storage, load), rounds) and fine
        way = Comparison(
            name="what a turn asks: directly, and as through a pooler",
            small=Turn(postgres, "thr_short", 2_000_000),
            large=Turn(pooled, "thr_short", 3_000_000),
            limit=None,
        )
        return await report([way], rounds) and fine


@click.command()
@click.option("--items", default=1_000_000, show_default=True, type=click.IntRange(min=50_000))
@click.option("--users", default=1_000, show_default=True, type=click.IntRange(min=1))
@click.option("--rounds", default=300, show_default=True, type=click.IntRange(min=10))
def main(items: int, users: int, rounds: int) -> None:
    """Compare what store calls cost on little and on much data; all ratios should be near 1."""
    sys.exit(not asyncio.run(bench(Load(items=items, users=users), rounds)))


if __name__ == "__main__":
    main()
