"""Something that happens once, and that somebody may wait for."""

import asyncio


class Moment:
    """An `asyncio.Event` that is made when somebody waits: each holds a deque of 600 bytes, and a turn has several."""

    __slots__ = ("_event", "_past")

    def __init__(self) -> None:
        self._event: asyncio.Event | None = None
        self._past = False

    def set(self) -> None:
        """It is here; whoever waits goes on. Safe to repeat."""
        self._past = True
        if self._event is not None:
            self._event.set()
            self._event = None

    def is_set(self) -> bool:
        """Whether it has been."""
        return self._past

    async def wait(self) -> bool:
        """Wait for it; True, as an event's."""
        if not self._past:
            self._event = self._event or asyncio.Event()
            await self._event.wait()
        return True
