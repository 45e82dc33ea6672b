"""What keeps turns alive beyond their process: the journal, the leases, and those that others left behind."""

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
"""How much of an answer a crash may cost, and how late another replica shows it."""

KEPT = dt.timedelta(minutes=10)
"""How long the events of a turn that ended can be asked for."""


class LeaseKeeper:
    """One task a process, whatever number of turns it runs: no token waits for the database."""

    def __init__(self, turns: TurnRegistry, storage: Storage) -> None:
        self._turns = turns
        self._storage = storage
        self._journal = storage.journal
        self._left: list[TurnHead] = []
        self._looked_at: dt.datetime | None = None
        self._patience = 0.0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Recover what a dead process left, then keep at it for the length of the block. Raises
        `StoreUnavailableError`."""
        async with self._journal.alive(self._turns.owner):
            if not self._journal.shared:
                await self._recover()
            tasks = [
                asyncio.create_task(self._again(self._flush, WRITE_SECONDS)),
                asyncio.create_task(self._again(self._renew, POLL_SECONDS)),
                asyncio.create_task(self._again(self._look_after_others, LEASE_SECONDS / 3)),
            ]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                for task in tasks:
                    with suppress(asyncio.CancelledError):
                        await task

    async def _again(self, step: Callable[[], Awaitable[None]], seconds: float) -> None:
        lost = False
        while True:
            try:
                await step()
                lost = False
            except StoreUnavailableError as failure:
                if not lost:
                    log.warning("running turns are not written down for now", detail=failure.detail)
                lost = True
            except Exception:
                log.exception("upkeep of turns failed")
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
                await self._lost(turn)
            elif head.stop:
                turn.stop()
            elif head.pinned:
                turn.pin()
            elif head.yield_requested:
                turn.yield_to_next()  # Another process waits for the thread.

    async def _lost(self, turn: Turn) -> None:
        """The turn is this process's no more: its thread was deleted, or another process took this one for dead."""
        if turn.model_finished or not turn.running:
            return
        head = await self._journal.find(turn.id)
        if head is not None and head.owner == self._turns.owner:
            return  # Its end was being written down just now.
        if head is None and not await self._has_thread(turn):
            turn.stop()
            return
        by = None if head is None else head.owner
        log.warning("another process took over a turn that runs here: this one was silent", turn=turn.id, by=by)
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

    async def _look_after_others(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            if await self._could_all_renew() and loop.time() >= self._patience:
                await self._recover()
                await self._journal.forget(KEPT)
        except StoreUnavailableError:
            # Nobody could renew a lease meanwhile: those who live get the time to do it.
            self._patience = loop.time() + LEASE_SECONDS
            raise

    async def _could_all_renew(self) -> bool:
        """False when, since the last look, more time passed than a lease lasts: this process, or the machine of all of
        them, stood still, or the storage's clock was set. Leases that ran out by that say nothing."""
        await sync_clock(self._storage)
        now = clock.now()
        before, self._looked_at = self._looked_at, now
        if before is None or dt.timedelta(0) <= now - before <= LEASE:
            return True
        self._patience = asyncio.get_running_loop().time() + LEASE_SECONDS
        return False

    async def _recover(self) -> None:
        self._left += await self._journal.take_over(self._turns.owner, LEASE)
        for head in [*self._left]:
            await recover(head, self._storage, self._turns.threads)
            self._left.remove(head)
            log.warning("recovered a turn whose process was silent", thread=head.thread_id, turn=head.id)
