"""Lazy runner: the real runner is built one time, off the event loop, at the first use."""

import asyncio
import threading
from collections.abc import AsyncGenerator

import pytest
from chatkit.types import ProgressUpdateEvent, ThreadMetadata, ThreadStreamEvent

from app.adapters.agents_sdk.lazy_runner import LazyRunner
from app.domain.identity import RequestContext
from app.domain.model_ref import ModelRef
from app.ports.agent_runner import AgentRunner, RunReport, RunRequest
from tests.factories import NOON


class Eager(AgentRunner):
    """A runner that yields one event."""

    async def tools(self) -> frozenset[str]:
        return frozenset({"hammer"})

    async def run(self, request: RunRequest, report: RunReport) -> AsyncGenerator[ThreadStreamEvent, None]:
        report.provider = "eager"
        yield ProgressUpdateEvent(text="at work")


class Workshop:
    """Makes a runner when it is let, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.started = threading.Event()
        self.let = threading.Event()
        self.broken = False

    def make(self) -> AgentRunner:
        self.asked += 1
        self.started.set()
        self.let.wait(30)
        if self.broken:
            raise OSError("the library is gone")
        return Eager()


REQUEST = RunRequest(
    thread=ThreadMetadata(id="thr_1", created_at=NOON),
    history=[],
    context=RequestContext(user_id="ada"),
    model=ModelRef("demo", "demo"),
)


async def shown(runner: AgentRunner) -> list[str]:
    return [event.type async for event in runner.run(REQUEST, RunReport())]


async def test_a_lazy_value_is_made_once_for_all_waiters() -> None:
    workshop = Workshop()
    runner = LazyRunner(workshop.make)
    waiting = [asyncio.create_task(shown(runner)) for _ in range(3)]
    await asyncio.to_thread(workshop.started.wait, 30)
    assert not any(task.done() for task in waiting), "the loop goes on while it is made"
    waiting[0].cancel()
    workshop.let.set()
    assert await asyncio.gather(*waiting[1:]) == [["progress_update"]] * 2, (
        "a cancelled waiter does not cancel the others"
    )
    await runner.warm()
    assert await runner.tools() == {"hammer"}
    assert await shown(runner) == ["progress_update"]
    assert workshop.asked == 1
    await runner.aclose()


async def test_one_that_cannot_be_made_is_tried_again_by_the_next() -> None:
    workshop = Workshop()
    workshop.let.set()
    workshop.broken = True
    runner = LazyRunner(workshop.make)
    for asked in (1, 2):
        with pytest.raises(OSError, match="the library is gone"):
            await runner.warm()
        assert workshop.asked == asked
    workshop.broken = False
    assert await shown(runner) == ["progress_update"]
    await runner.aclose()


async def test_closing_waits_for_the_thread() -> None:
    workshop = Workshop()
    runner = LazyRunner(workshop.make)
    warming = asyncio.create_task(runner.warm())
    await asyncio.to_thread(workshop.started.wait, 30)
    closing = asyncio.create_task(runner.aclose())
    warming.cancel()
    assert not closing.done()
    workshop.let.set()
    await closing
    assert workshop.asked == 1
