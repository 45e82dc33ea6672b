"""Turns that run in another process, followed through the journal."""

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
"""How often one looks for news where no signals arrive, and while the database is away."""

POLL_WITH_SIGNALS_SECONDS = 5.0
"""And where they do: a signal may be lost."""

PIECE_BATCHES = 10
"""So much of the journal is read at once: a reader who reads slowly costs no copy of the whole turn."""


class RemoteTurns:
    """Follows turns by reading what their processes write; a signal says when there is something to read."""

    def __init__(self, journal: TurnJournal, signals: Signals, *, keep_alive: float = KEEP_ALIVE_SECONDS) -> None:
        self._journal = journal
        self._signals = signals
        self._keep_alive = keep_alive
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._closing = False

    def on_signal(self, signal: str) -> None:
        """A signal arrived: wake those whom it is for."""
        turns = self._waiting if signal == MISSED else [signal.removeprefix(JOURNAL_GREW)]
        for turn_id in turns:
            for wake in self._waiting.get(turn_id, ()):
                wake.set()

    async def follow(self, head: TurnHead, after: int) -> AsyncGenerator[bytes, None]:
        """The turn's events behind number `after`, with their numbers, until it ends or this process stops: whoever
        knows numbers can ask another one for the rest."""
        with suppress(ClosingError):
            async with aclosing(self._events(head, after, numbered=True)) as events:
                async for piece in events:
                    yield piece

    def whole(self, head: TurnHead) -> AsyncGenerator[bytes, None]:
        """All of the turn's events, without numbers. Raises `ClosingError` when this process stops before the turn has
        ended, or when the turn never began because its process died: either would look like its end."""
        return self._events(head, 0, numbered=False)

    async def _events(self, head: TurnHead, after: int, *, numbered: bool) -> AsyncGenerator[bytes, None]:
        wake, loop = asyncio.Event(), asyncio.get_running_loop()
        self._waiting.setdefault(head.id, set()).add(wake)
        ping_at = loop.time() + self._keep_alive
        try:
            while True:
                wake.clear()
                over, events = await self._look(head, after)
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
                    await set_within(wake, min(pause, ping_at - loop.time()))
        finally:
            self._waiting[head.id].discard(wake)
            if not self._waiting[head.id]:
                del self._waiting[head.id]

    async def rest(self, head: TurnHead, after: int) -> AsyncGenerator[bytes, None] | None:
        """What a turn that has ended said behind number `after`; None when that is nothing. Whoever saw more than was
        kept of it, because its process died, is told once how it ended."""
        if await self._journal.events(head.id, after, batches=1):
            return self.follow(head, after)
        if head.end != "interrupted":
            return None
        kept = len(await all_events(self._journal, head.id))
        return self.follow(head, kept - 1) if after > kept > 0 else None

    async def wait_ended(self, head: TurnHead, seconds: float) -> None:
        """Wait until the turn has ended, at most so long."""
        try:
            async with asyncio.timeout(seconds):
                async for _ in self.follow(head, 2**31 - 1):
                    pass
        except TimeoutError:
            log.warning("a turn of another process was asked to stop and goes on", turn=head.id)

    def close(self) -> None:
        """End all streams; whoever reads them can go on elsewhere."""
        self._closing = True
        for waiting in self._waiting.values():
            for wake in waiting:
                wake.set()

    async def _look(self, head: TurnHead, after: int) -> tuple[bool, list[bytes]]:
        try:
            # In this order: what was written before the end is there when the end is.
            now = await self._journal.latest(head.thread_id)
            over = now is None or now.id != head.id or now.end is not None
            return over, list(await self._journal.events(head.id, after, batches=PIECE_BATCHES))
        except StoreUnavailableError:
            return False, []
