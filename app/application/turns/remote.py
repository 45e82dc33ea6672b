"""Remote turns: turns of other processes, read from the journal."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

import structlog

from app.application.turns.recovery import all_events
from app.application.turns.turn import JOURNAL_GREW, PING, first_piece, number, set_within
from app.domain.errors import ClosingError, StoreUnavailableError
from app.domain.language import _
from app.ports.signals import MISSED, Signals
from app.ports.turn_journal import TurnHead, TurnJournal
from app.settings.turns import KEEP_ALIVE_SECONDS

log = structlog.get_logger(__name__)

POLL_SECONDS = 1.0
"""Poll interval without signals, and while the database is unavailable."""

POLL_WITH_SIGNALS_SECONDS = 5.0
"""Poll interval with signals: a signal may be lost."""

PIECE_BATCHES = 10
"""Batches of one read: a slow reader holds no copy of the whole turn."""


class RemoteTurns:
    """Follows remote turns through the journal; a signal triggers the next read."""

    def __init__(self, journal: TurnJournal, signals: Signals, *, keep_alive: float = KEEP_ALIVE_SECONDS) -> None:
        self._journal = journal
        self._signals = signals
        self._keep_alive = keep_alive
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._closing = False

    def on_signal(self, signal: str) -> None:
        """Wake the followers that the signal concerns."""
        turns = self._waiting if signal == MISSED else [signal.removeprefix(JOURNAL_GREW)]
        for turn_id in turns:
            for notified in self._waiting.get(turn_id, ()):
                notified.set()

    async def follow(self, head: TurnHead, after: int) -> AsyncGenerator[bytes, None]:
        """Stream the turn's numbered events behind `after` until the turn ends or this process stops.

        After a stop the client resumes at another process, by the last number.
        """
        with suppress(ClosingError):
            async with aclosing(self._events(head, after, numbered=True)) as events:
                async for piece in events:
                    yield piece

    def whole(self, head: TurnHead) -> AsyncGenerator[bytes, None]:
        """Stream all events of the turn, without numbers.

        Raises `ClosingError` when this process stops before the turn ends, or when the turn's process died before the
        first event: both would look like a complete answer.
        """
        return self._events(head, 0, numbered=False)

    async def _events(self, head: TurnHead, after: int, *, numbered: bool) -> AsyncGenerator[bytes, None]:
        notified, loop = asyncio.Event(), asyncio.get_running_loop()
        self._waiting.setdefault(head.id, set()).add(notified)
        ping_at = loop.time() + self._keep_alive
        try:
            while True:
                notified.clear()
                over, events = await self._poll(head, after)
                sent = 0
                while piece := first_piece(events, sent):
                    yield number(piece, after + sent) if numbered else b"".join(piece)
                    sent += len(piece)
                if over and not events:
                    if not (after or numbered) and await self._journal.find(head.id) is None:
                        raise ClosingError(_("The server is shutting down."), retry_after=1)
                    return
                if self._closing and not over:
                    raise ClosingError(_("The server is shutting down."), retry_after=1)
                if events:
                    after, ping_at = after + sent, loop.time() + self._keep_alive
                elif loop.time() >= ping_at:
                    ping_at = loop.time() + self._keep_alive
                    yield PING
                else:
                    pause = POLL_WITH_SIGNALS_SECONDS if self._signals.connected else POLL_SECONDS
                    await set_within(notified, min(pause, ping_at - loop.time()))
        finally:
            self._waiting[head.id].discard(notified)
            if not self._waiting[head.id]:
                del self._waiting[head.id]

    async def rest(self, head: TurnHead, after: int) -> AsyncGenerator[bytes, None] | None:
        """Return the events of an ended turn behind `after`; None when there are none.

        A client that saw more events than the journal has, because the process died, receives the last event again.
        """
        if await self._journal.events(head.id, after, batches=1):
            return self.follow(head, after)
        if head.end != "interrupted":
            return None
        journaled = len(await all_events(self._journal, head.id))
        return self.follow(head, journaled - 1) if after > journaled > 0 else None

    async def wait_ended(self, head: TurnHead, seconds: float) -> None:
        """Wait until the turn has ended, at most `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                async for _ in self.follow(head, 2**31 - 1):
                    pass
        except TimeoutError:
            log.warning("remote turn not stopped in time", turn=head.id)

    def close(self) -> None:
        """End all streams; clients resume at another process. Safe to repeat."""
        self._closing = True
        for waiting in self._waiting.values():
            for notified in waiting:
                notified.set()

    async def _poll(self, head: TurnHead, after: int) -> tuple[bool, list[bytes]]:
        try:
            # The order matters: events written before the end are there when the end is.
            now = await self._journal.latest(head.thread_id)
            over = now is None or now.id != head.id or now.end is not None
            return over, list(await self._journal.events(head.id, after, batches=PIECE_BATCHES))
        except StoreUnavailableError:
            return False, []
