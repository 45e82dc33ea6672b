"""`python -m bench.bare_run`: what a run of the Agents SDK holds that waits for its model, and nothing else.

No server, no store, no connection: the least that an answer can hold as long as the SDK owns the loop.
"""

import asyncio
import gc
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

import psutil
from agents import Agent, Model, ModelResponse, RunConfig, Runner, function_tool
from agents.items import TResponseStreamEvent

FIRST = 100
"""Runs that are not counted: with them comes what all share."""

FURTHER = 400
SETTLE_SECONDS = 2


class Silent(Model):
    """Model that never answers."""

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        await asyncio.Event().wait()
        raise AssertionError("the event is never set")

    async def stream_response(self, *args: Any, **kwargs: Any) -> AsyncGenerator[TResponseStreamEvent, None]:
        await asyncio.Event().wait()
        for event in list[TResponseStreamEvent]():
            yield event


@function_tool
def look_up(name: str) -> str:
    """Look something up."""
    return name


async def held() -> float:
    """Bytes of resident memory for each further run."""
    agent = Agent[None](name="Bare", instructions="Be brief.", tools=[look_up])
    process = psutil.Process()

    async def run(number: int) -> None:
        config = RunConfig(model=Silent(), tracing_disabled=True)
        await Runner.run(agent, f"hello {number}", run_config=config)

    async def begun(count: int) -> list[asyncio.Task[None]]:
        tasks = [asyncio.create_task(run(number)) for number in range(count)]
        await asyncio.sleep(SETTLE_SECONDS)
        gc.collect()
        return tasks

    tasks = await begun(FIRST)
    before = process.memory_info().rss
    tasks += await begun(FURTHER)
    after = process.memory_info().rss
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task
    return float(after - before) / FURTHER


if __name__ == "__main__":
    print(f"A run of the Agents SDK that waits holds {asyncio.run(held()) / 1000:.0f} KB")
