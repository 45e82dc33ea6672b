"""What the first turn of a process would stop everybody else for, done before: a tenth of a second each.

The openai package builds the validators of its largest models when they are first used, and the Agents SDK makes the
exporter that would send traces to OpenAI, with its HTTP client, when it first asks whether to trace.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agents import set_trace_provider
from agents.tracing.provider import DefaultTraceProvider
from openai.types.responses import (
    Response,
    ResponseCompletedEvent,
    ResponseCreatedEvent,
    ResponseOutputItemAddedEvent,
    ResponseOutputItemDoneEvent,
)


class Validators:
    """Built in a thread as soon as somebody asks for them."""

    def __init__(self) -> None:
        # A provider of traces without anybody to send them to: every run is told not to trace.
        set_trace_provider(DefaultTraceProvider())
        self._building: asyncio.Task[None] | None = None

    async def built(self) -> None:
        """Have them built once, and wait for it: two threads must not build one model."""
        if self._building is None:
            self._building = asyncio.create_task(asyncio.to_thread(_build))
        await asyncio.shield(self._building)

    @classmethod
    @asynccontextmanager
    async def at_hand(cls) -> "AsyncIterator[Validators]":
        """See at the end that the thread is over, if there was one."""
        validators = cls()
        try:
            yield validators
        finally:
            if validators._building is not None:
                await validators._building


def _build() -> None:
    for model in (
        Response,
        ResponseCreatedEvent,
        ResponseOutputItemAddedEvent,
        ResponseOutputItemDoneEvent,
        ResponseCompletedEvent,
    ):
        model.model_rebuild()
