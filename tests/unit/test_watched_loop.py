"""Watched event loop of the servers under test."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from app.patches.switch import VARIABLE
from tests.watched_loop import LIMIT, WatchedLoop, longest


def busy(seconds: float) -> None:
    """Take so much CPU time."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


async def in_a_task() -> None:
    """A coroutine that holds the loop."""
    await asyncio.sleep(0)
    busy(6 * LIMIT)


async def in_a_timer() -> None:
    """A timer that does."""
    asyncio.get_running_loop().call_at(asyncio.get_running_loop().time() + 0.001, busy, 6 * LIMIT)
    await asyncio.sleep(0.01)


async def from_a_thread() -> None:
    """A thread that does."""
    loop = asyncio.get_running_loop()
    await asyncio.to_thread(loop.call_soon_threadsafe, busy, 6 * LIMIT)
    await asyncio.sleep(0)


async def in_a_protocol() -> None:
    """A protocol that does with what a socket brings."""
    heard = asyncio.get_running_loop().create_future()

    class Slow(asyncio.Protocol):
        def data_received(self, data: bytes) -> None:
            busy(6 * LIMIT)
            heard.set_result(data)

    server = await asyncio.get_running_loop().create_server(Slow, "127.0.0.1", 0)
    _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"x")
    await heard
    writer.close()
    server.close()


async def little_by_little() -> None:
    """Many callbacks of one pass, of which none takes long."""
    await asyncio.gather(*(asyncio.to_thread(int) for _ in range(3)), *(asyncio.sleep(0) for _ in range(3)))
    for _ in range(20):
        asyncio.get_running_loop().call_soon(busy, LIMIT / 10)
    await asyncio.sleep(0.01)


async def while_it_waits() -> None:
    """Time on the clock is not held."""
    time.sleep(2 * LIMIT)  # noqa: ASYNC251  # that is the point


async def collecting() -> None:
    """Collect garbage, which holds the loop."""
    end = time.thread_time() + 6 * LIMIT
    while time.thread_time() < end:
        gc.collect()


def held(told: Path, work: Callable[[], Awaitable[None]]) -> str:
    """Return the findings of a watch."""
    loop = WatchedLoop(told)

    async def watched() -> None:
        loop.watch.begin()
        try:
            await work()
            await asyncio.sleep(0)
        finally:
            loop.watch.end()

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(watched())
    return told.read_text() if told.exists() else ""


@pytest.mark.parametrize(
    ("work", "named"),
    [
        (in_a_task, "held.<locals>.watched"),
        (in_a_timer, "busy"),
        (from_a_thread, "busy"),
        (in_a_protocol, "between two callbacks"),
    ],
)
def test_a_callback_that_holds_the_loop_is_named(
    tmp_path: Path, work: Callable[[], Awaitable[None]], named: str
) -> None:
    said = held(tmp_path / "held", work)
    assert "HELD by" in said
    assert named in said
    assert "in busy" in said


@pytest.mark.parametrize("work", [little_by_little, while_it_waits])
def test_a_callback_that_yields_does_not_hold_the_loop(tmp_path: Path, work: Callable[[], Awaitable[None]]) -> None:
    assert "HELD" not in held(tmp_path / "held", work)


@pytest.mark.parametrize("patches", ["on", "off"])
def test_garbage_holds_the_loop_unless_the_patch_of_it_is_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patches: str
) -> None:
    monkeypatch.setenv(VARIABLE, patches)
    assert ("HELD" in held(tmp_path / "held", collecting)) == (patches == "on")


def test_the_longest_steps_are_printed_first(tmp_path: Path) -> None:
    async def thrice() -> None:
        for times in (1, 3, 2):
            asyncio.get_running_loop().call_soon(busy, times * LIMIT)
        await asyncio.sleep(0.01)

    held(tmp_path / "one", thrice)
    held(tmp_path / "other", in_a_timer)
    told = longest([tmp_path / "one", tmp_path / "other"], most=3)
    took = [int(line.partition("busy: ")[2].partition(" ms")[0]) for line in told]
    assert len(took) == 3
    assert took == sorted(took, reverse=True)
    assert took[0] > took[1] + LIMIT * 1000
