"""Sums that cost a request no round trip: this process counts at once, and hears of the others a second later."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import msgspec
import structlog

from app.domain.clock import clock
from app.domain.errors import StoreUnavailableError
from app.ports.counters import Counters

PAUSE_SECONDS = 1.0
"""What other replicas counted is seen so much later; that much of a limit may be overdrawn on each of them."""

ROUNDS = 60
"""So often a sum is brought up to date after somebody last asked for it."""

log = structlog.get_logger(__name__)


class Sum(msgspec.Struct):
    """One key: what the store said last, what it has not been told yet, and for how many rounds it is of interest."""

    keep_until: dt.datetime
    known: int | None = None
    unsynced: int = 0
    rounds: int = ROUNDS


class WriteBehindCounters:
    """Counts by key in memory, and keeps in step with `Counters` in the background.

    While the store is away counting goes on: a limit then holds for each process alone, and nothing is refused
    because of the outage.
    """

    def __init__(self, counters: Counters, *, now: Callable[[], dt.datetime] = clock.now) -> None:
        self._counters = counters
        self._now = now
        self._sums: dict[str, Sum] = {}

    def add(self, key: str, amount: int, keep_until: dt.datetime) -> int:
        """Add to a key and return its sum, as far as it is known here."""
        entry = self._sums.setdefault(key, Sum(keep_until))
        entry.unsynced += amount
        entry.rounds = ROUNDS
        return (entry.known or 0) + entry.unsynced

    async def read(self, key: str, keep_until: dt.datetime) -> int:
        """The sum of a key; asks the store the first time, so that a restart forgives nothing."""
        entry = self._sums.setdefault(key, Sum(keep_until))
        entry.rounds = ROUNDS
        if entry.known is None:
            with suppress(StoreUnavailableError):
                entry.known = (await self._counters.add({key: 0}, keep=keep_until - self._now()))[key]
        return (entry.known or 0) + entry.unsynced

    async def sync(self) -> None:
        """Tell the store what it does not know, hear of what others added, and forget what is over.

        Raises `StoreUnavailableError`; what could not be told is told the next time.
        """
        spans: dict[dt.datetime, dict[str, Sum]] = {}
        for key, entry in self._sums.items():
            if entry.unsynced or entry.rounds:
                spans.setdefault(entry.keep_until, {})[key] = entry
        for keep_until, entries in spans.items():
            await self._sync(entries, keep_until)
        now = self._now()
        self._sums = {key: entry for key, entry in self._sums.items() if entry.keep_until > now or entry.unsynced}

    async def _sync(self, entries: dict[str, Sum], keep_until: dt.datetime) -> None:
        pending = {key: entry.unsynced for key, entry in entries.items()}
        sums = await self._counters.add(pending, keep=keep_until - self._now())
        # Only now, and by subtraction: more may have been counted while the store was writing.
        for key, entry in entries.items():
            entry.known = sums[key]
            entry.unsynced -= pending[key]
            entry.rounds = max(0, entry.rounds - 1)

    @asynccontextmanager
    async def syncing(self) -> AsyncIterator[None]:
        """Settle every second meanwhile, and once more in the end."""
        task = asyncio.create_task(self._forever())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await self._try_sync()

    async def _forever(self) -> None:
        while True:
            await asyncio.sleep(PAUSE_SECONDS)
            await self._try_sync()

    async def _try_sync(self) -> None:
        try:
            await self.sync()
        except StoreUnavailableError as error:
            log.warning("limits hold for this process alone for now", reason=error.detail)
