"""Lazy value: built once, in a thread, when it is first needed."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

Value = TypeVar("Value")


class LazyValue(Generic[Value]):
    """A value that `build` returns in a thread on the first `get`; after a failure the next `get` builds again."""

    def __init__(self, build: Callable[[], Value]) -> None:
        self._build = build
        self._building: asyncio.Task[Value] | None = None

    async def get(self) -> Value:
        """Return the value. Cancelling one caller does not cancel the others. Raises what `build` raises."""
        if self._building is None or self._failed:
            self._building = asyncio.create_task(asyncio.to_thread(self._build))
        return await asyncio.shield(self._building)

    async def aclose(self) -> None:
        """Wait for the thread to end, if there is one. Safe to repeat."""
        if self._building is not None:
            with suppress(Exception):  # The callers of `get` received it.
                await self._building

    @property
    def _failed(self) -> bool:
        task = self._building
        return task is not None and task.done() and (task.cancelled() or task.exception() is not None)
