"""Lease keeper: heartbeats of running turns, and recovery of turns whose process died."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import structlog
from chatkit.store import NotFoundError

from app.application.health.timekeeping import sync_clock
from app.application.turns.admission import LEASE, LEASE_SECONDS
from app.application.turns.recovery import recover
from app.application.turns.registry import TurnRegistry
from app.application.turns.remote import POLL_SECONDS
from app.application.turns.turn import Turn
from app.domain.clock import clock
from app.domain.errors import StoreUnavailableError
from app.domain.identity import RequestContext
from app.ports.storage import Storage
from app.ports.turn_journal import TurnHead

log = structlog.get_logger(__name__)

WRITE_SECONDS = 0.25
"""Interval of journal writes: the part of an answer that a crash may lose, and the delay on other replicas."""

RESUMABLE = dt.timedelta(minutes=10)
"""Time in which the events of an ended turn can be resumed."""


class LeaseKeeper:
    """Renews the leases of all turns of a process, flushes their events, and recovers orphaned turns.

    Three tasks serve any number of turns, so that no token waits for the database.
    """

    def __init__(self, turns: TurnRegistry, storage: Storage) -> None:
        self._turns = turns
        self._storage = storage
        self._journal = storage.journal
        self._orphans: list[TurnHead] = []
        self._checked_at: dt.datetime | None = None
        self._recover_after = 0.0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Recover orphaned turns, then renew leases for the length of the block. Raises `StoreUnavailableError`."""
        async with self._journal.alive(self._turns.owner):
            if not self._journal.shared:
                await self._recover()
            tasks = [
                asyncio.create_task(self._repeat(self._flush, WRITE_SECONDS)),
                asyncio.create_task(self._repeat(self._renew, POLL_SECONDS)),
                asyncio.create_task(self._repeat(self._recover_orphans, LEASE_SECONDS / 3)),
            ]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                for task in tasks:
                    with suppress(asyncio.CancelledError):
                        await task

    async def _repeat(self, step: Callable[[], Awaitable[None]], seconds: float) -> None:
        unavailable = False
        while True:
            try:
                await step()
                unavailable = False
            except StoreUnavailableError as failure:
                if not unavailable:
                    log.warning("journal unavailable: turns continue unwritten", detail=failure.detail)
                unavailable = True
            except Exception:
                log.exception("lease upkeep failed")
            await asyncio.sleep(seconds)

    async def _flush(self) -> None:
        await self._turns.writer.flush(self._turns.running)
        await self._turns.writer.flush_ends()

    async def _renew(self) -> None:
        own = {turn.id: turn for turn in self._turns.running if turn.entered.is_set()}
        if not own:
            return
        found = await self._journal.renew(self._turns.owner, LEASE)
        for turn_id, turn in own.items():
            head = found.get(turn_id)
            if head is None:
                await self._handle_lost_lease(turn)
            elif head.stop:
                turn.stop()
            elif head.pinned:
                turn.pin()
            elif head.yield_requested:
                turn.yield_to_next()  # Another process waits for the thread.

    async def _handle_lost_lease(self, turn: Turn) -> None:
        """Handle a lost lease: the thread was deleted, or another process took the turn over."""
        if turn.model_finished or not turn.running:
            return
        head = await self._journal.find(turn.id)
        if head is not None and head.owner == self._turns.owner:
            return  # Its end was written in the same moment.
        if head is None and not await self._has_thread(turn):
            turn.stop()
            return
        by = None if head is None else head.owner
        log.warning("lease lost: another process took the turn over", turn=turn.id, by=by)
        turn.lose()

    async def _has_thread(self, turn: Turn) -> bool:
        if turn.placement is None:
            return False
        try:
            await self._storage.threads.load_thread(
                turn.placement.thread_id, RequestContext(user_id=turn.placement.user_id)
            )
        except NotFoundError:
            return False
        return True

    async def _recover_orphans(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            if await self._leases_are_conclusive() and loop.time() >= self._recover_after:
                await self._recover()
                await self._journal.forget(RESUMABLE)
        except StoreUnavailableError:
            # No process could renew meanwhile: living ones get one lease's length to do so.
            self._recover_after = loop.time() + LEASE_SECONDS
            raise

    async def _leases_are_conclusive(self) -> bool:
        """Return False when more than a lease's length passed since the last check.

        Then this process or the whole machine was suspended, or the storage's clock was set: an expired lease does not
        prove that its process is dead.
        """
        await sync_clock(self._storage)
        now = clock.now()
        before, self._checked_at = self._checked_at, now
        if before is None or dt.timedelta(0) <= now - before <= LEASE:
            return True
        self._recover_after = asyncio.get_running_loop().time() + LEASE_SECONDS
        return False

    async def _recover(self) -> None:
        self._orphans += await self._journal.take_over(self._turns.owner, LEASE)
        for head in [*self._orphans]:
            await recover(head, self._storage, self._turns.threads)
            self._orphans.remove(head)
            log.warning("turn recovered: its process is dead", thread=head.thread_id, turn=head.id)
