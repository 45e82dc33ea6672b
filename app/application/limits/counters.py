"""Write-behind counters: counted in memory at once, synchronized with the storage every second."""

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
"""Interval of synchronization: how late other replicas' counts arrive, and how long each may exceed a limit."""

ROUNDS = 60
"""Number of synchronizations of a sum after its last use."""

log = structlog.get_logger(__name__)


class Sum(msgspec.Struct):
    """Sum of one key: the stored value, the amount not synchronized yet, and the remaining rounds."""

    keep_until: dt.datetime
    known: int | None = None
    unsynced: int = 0
    rounds: int = ROUNDS


class WriteBehindCounters:
    """Write-behind counters: sums by key in memory, synchronized with `Counters` in the background.

    While the storage is unavailable counting continues: limits then hold for each process alone, and no request is
    refused because of the outage.
    """

    def __init__(self, counters: Counters, *, now: Callable[[], dt.datetime] = clock.now) -> None:
        self._counters = counters
        self._now = now
        self._sums: dict[str, Sum] = {}

    def add(self, key: str, amount: int, keep_until: dt.datetime) -> int:
        """Add to a key and return its sum, as far as this process knows it. Does no I/O."""
        entry = self._sums.setdefault(key, Sum(keep_until))
        entry.unsynced += amount
        entry.rounds = ROUNDS
        return (entry.known or 0) + entry.unsynced

    async def read(self, key: str, keep_until: dt.datetime) -> int:
        """Return the sum of a key; the first call reads the storage, so that a restart resets no limit."""
        entry = self._sums.setdefault(key, Sum(keep_until))
        entry.rounds = ROUNDS
        if entry.known is None:
            with suppress(StoreUnavailableError):
                entry.known = (await self._counters.add({key: 0}, keep=keep_until - self._now()))[key]
        return (entry.known or 0) + entry.unsynced

    async def sync(self) -> None:
        """Write unsynchronized amounts, read the sums of other replicas, and drop expired keys.

        Raises `StoreUnavailableError`; the next call then writes the same amounts.
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
        # Subtract instead of setting 0: more may have been counted during the write.
        for key, entry in entries.items():
            entry.known = sums[key]
            entry.unsynced -= pending[key]
            entry.rounds = max(0, entry.rounds - 1)

    @asynccontextmanager
    async def syncing(self) -> AsyncIterator[None]:
        """Synchronize every second for the length of the block, and once at its end."""
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
            log.warning("counters not synchronized: limits hold for this process alone", reason=error.detail)
