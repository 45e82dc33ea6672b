"""Something that takes long to make, and is made once, off the event loop."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

Made = TypeVar("Made")


class LazyValue(Generic[Made]):
    """Has `make` called in a thread when somebody first asks; when that fails, the next who asks tries again."""

    def __init__(self, make: Callable[[], Made]) -> None:
        self._make = make
        self._making: asyncio.Task[Made] | None = None

    async def get(self) -> Made:
        """What was made. Whoever gives up waiting does not take it from the others. Raises what `make` does."""
        if self._making is None or self._failed:
            self._making = asyncio.create_task(asyncio.to_thread(self._make))
        return await asyncio.shield(self._making)

    async def aclose(self) -> None:
        """See that the thread is over, if there is one."""
        if self._making is not None:
            with suppress(Exception):  # those who waited were told
                await self._making

    @property
    def _failed(self) -> bool:
        making = self._making
        return making is not None and making.done() and (making.cancelled() or making.exception() is not None)
