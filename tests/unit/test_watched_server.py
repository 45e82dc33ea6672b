"""The eye on the event loop of the tests' servers."""

import asyncio
import time
from pathlib import Path

from tests.watched_server import LIMIT, Watch


def busy(seconds: float) -> None:
    """Take so much CPU time."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


async def test_whoever_holds_the_loop_is_named(tmp_path: Path) -> None:
    watch = Watch(told := tmp_path / "held")
    watch.begin()
    await asyncio.sleep(0)
    busy(6 * LIMIT)
    while not told.exists():  # noqa: ASYNC110  # the beat writes it
        await asyncio.sleep(0.001)
    watch.end()
    assert "ms of CPU time" in told.read_text()
    assert "in busy" in told.read_text()
