"""Turns in tasks of their own: a response only follows its turn.

A web framework that loses its client cancels the response, and with it every write that the response would
still make. A turn is never inside a response, so what was said is stored however the connection ends.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from contextlib import suppress

import structlog

from app.domain.errors import AnyportError
from app.domain.language import _

log = structlog.get_logger(__name__)

KEEP_ALIVE_SECONDS = 15.0
_PING = b": ping\n\n"


class Turn:
    """One running turn: its events so far, and whoever follows them.

    When the last follower leaves before the end, the turn is stopped: on the wire, ChatKit's Stop button is a
    closed connection and nothing else.
    """

    def __init__(self, events: AsyncIterable[bytes], on_failure: Callable[[Exception], bytes]) -> None:
        self._events: list[bytes] = []
        self._followers: set[asyncio.Event] = set()
        self._ended = False
        self._failure: Exception | None = None
        self._on_failure = on_failure
        self._first = asyncio.Event()
        self.task = asyncio.create_task(self._run(events))

    async def opened(self) -> None:
        """Wait for the first event. Raises what the turn raised before it had one, so that it can be answered
        with a status code instead of a broken stream."""
        await self._first.wait()
        if self._failure is not None and not self._events:
            raise self._failure

    @property
    def first(self) -> bytes:
        """The first event; there is none before `opened`, nor when the turn had nothing to say."""
        return self._events[0] if self._events else b""

    async def follow(self, after: int = 0) -> AsyncGenerator[bytes, None]:
        """The events behind number `after`, then those to come; events that wait already leave in one piece."""
        wake = asyncio.Event()
        self._followers.add(wake)
        try:
            while True:
                wake.clear()
                if after < len(self._events):
                    waiting = self._events[after:]
                    after += len(waiting)
                    yield b"".join(waiting)
                elif self._ended:
                    return
                elif not await _woken(wake):
                    yield _PING
        finally:
            self._followers.discard(wake)
            if not self._followers:
                self.stop()

    def stop(self) -> None:
        """Cancel the turn, once; it still stores what was said."""
        if not self._ended and not self.task.cancelling():
            self.task.cancel()

    async def _run(self, events: AsyncIterable[bytes]) -> None:
        try:
            async for event in events:
                self._append(event)
        except asyncio.CancelledError:
            if not self._first.is_set():
                self._failure = AnyportError(_("The turn was stopped before it began."))
            raise
        except Exception as failure:
            self._failure = failure
            if self._events:
                log.exception("turn broke off", exc_info=failure)
                self._append(self._on_failure(failure))
        finally:
            self._ended = True
            self._first.set()
            self._wake()

    def _append(self, event: bytes) -> None:
        self._events.append(event)
        self._first.set()
        self._wake()

    def _wake(self) -> None:
        for follower in self._followers:
            follower.set()


async def _woken(event: asyncio.Event) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(KEEP_ALIVE_SECONDS):
            return await event.wait()
    return False


class Turns:
    """The turns of this process."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()
        self._closing = False

    async def start(self, events: AsyncIterable[bytes], on_failure: Callable[[Exception], bytes]) -> Turn:
        """Run `events` as a turn and return once it has its first event. Raises what it raised before that.

        `on_failure` makes the last event of a turn that breaks off later.
        """
        if self._closing:
            raise AnyportError(_("The server is shutting down."))
        turn = Turn(events, on_failure)
        self._running.add(turn.task)
        turn.task.add_done_callback(self._running.discard)
        await turn.opened()
        return turn

    async def aclose(self) -> None:
        """Stop all turns and wait until each has stored what it said."""
        self._closing = True
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
