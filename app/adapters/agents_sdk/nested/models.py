"""Nested models: models for runs inside tools, whose answers the user does not see."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, cast

from agents import Model, ModelResponse
from agents.items import TResponseStreamEvent

from app.adapters.agents_sdk.input.replayable_items import replayable
from app.adapters.agents_sdk.models.request_ledger import RequestLedger, sdk_usage
from app.adapters.agents_sdk.nested.citations import with_shared_class
from app.adapters.agents_sdk.run.argument_size import bound_arguments


class NestedModel(Model):
    """A model that counts its responses in the ledger of the turn, and asks on the server's event loop.

    Connections belong to the loop that opened them, and a tool may run agents on a loop of its own, in a thread.
    """

    def __init__(self, model: Model, ledger: RequestLedger, loop: asyncio.AbstractEventLoop) -> None:
        self._model = model
        self._ledger = ledger
        self._loop = loop

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        """Stream one response and return it whole."""
        complete: ModelResponse | None = None
        async with aclosing(self.stream_response(*args, **kwargs)) as events:
            async for event in events:
                if event.type == "response.completed":
                    usage = sdk_usage(event.response.usage)
                    complete = ModelResponse(output=event.response.output, usage=usage, response_id=None)
        if complete is None:
            raise AssertionError("a stream that does not fail ends with a response")
        return complete

    async def stream_response(self, *args: Any, **kwargs: Any) -> AsyncGenerator[TResponseStreamEvent, None]:
        """Stream one response; the event that completes it comes after the upstream has ended."""
        here = asyncio.get_running_loop() is self._loop
        async with aclosing(self._events(*args, **kwargs) if here else self._bridged(*args, **kwargs)) as events:
            async for event in events:
                yield event

    async def _events(self, *args: Any, **kwargs: Any) -> AsyncGenerator[TResponseStreamEvent, None]:
        completed: Any = None
        stream = cast(AsyncGenerator[TResponseStreamEvent, None], self._model.stream_response(*args, **kwargs))
        async with aclosing(stream) as events:
            async for event in events:
                if event.type == "response.completed":
                    completed = event
                elif event.type == "response.output_text.annotation.added":
                    if (cited := with_shared_class(event)) is not None:
                        yield cited
                else:
                    if event.type == "response.output_item.added" and event.item.id:
                        self._ledger.item_ids.append(event.item.id)
                    yield event
        if completed is None:
            raise AssertionError("a stream that does not fail ends with a response")
        completed.response.output = replayable(completed.response.output)
        bound_arguments(completed.response.output)
        self._ledger.count(completed.response.usage)
        yield completed

    async def _bridged(self, *args: Any, **kwargs: Any) -> AsyncGenerator[TResponseStreamEvent, None]:
        """Read the events in one task on the server's loop, and pass them to this one."""
        queue: asyncio.Queue[TResponseStreamEvent | None] = asyncio.Queue()
        put = asyncio.get_running_loop().call_soon_threadsafe

        async def read() -> None:
            try:
                async for event in self._events(*args, **kwargs):
                    put(queue.put_nowait, event)
            finally:
                put(queue.put_nowait, None)

        reading = asyncio.run_coroutine_threadsafe(read(), self._loop)
        try:
            while (event := await queue.get()) is not None:
                yield event
            await asyncio.wrap_future(reading)
        finally:
            reading.cancel()

    async def close(self) -> None:
        """Do nothing: the provider closes its models, not a run."""
