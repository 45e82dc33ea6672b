"""What keeps turns alive beyond their process: the journal, the leases, and those that others left behind."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import structlog

from app.application.entrance import LEASE_SECONDS, lease_end
from app.application.far_turns import LOOK_SECONDS
from app.application.recovery import recover
from app.application.turns import Turns
from app.domain.errors import StoreUnavailableError
from app.ports.storage import Storage
from app.ports.turn_journal import TurnHead

log = structlog.get_logger(__name__)

WRITE_SECONDS = 0.25
"""How much of an answer a crash may cost, and how late another replica shows it."""

KEPT = dt.timedelta(minutes=10)
"""How long the events of a turn that ended can be asked for."""


class TurnUpkeep:
    """One task a process, whatever number of turns it runs: no token waits for the database."""

    def __init__(self, turns: Turns, storage: Storage) -> None:
        self._turns = turns
        self._storage = storage
        self._journal = storage.journal
        self._left: list[TurnHead] = []
        self._patience = 0.0

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Recover what a dead process left, then keep at it for the length of the block. Raises
        `StoreUnavailableError`."""
        if not self._journal.shared:
            await self._recover(dt.datetime.max.replace(tzinfo=dt.UTC))
        tasks = [
            asyncio.create_task(self._again(self._write_down, WRITE_SECONDS)),
            asyncio.create_task(self._again(self._renew, LOOK_SECONDS)),
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

    async def _write_down(self) -> None:
        await self._turns.writer.write_down(self._turns.running)
        await self._turns.writer.write_ends()

    async def _renew(self) -> None:
        own = {turn.id: turn for turn in self._turns.running if turn.entered.is_set()}
        if not own:
            return
        found = await self._journal.renew(self._turns.owner, lease_end())
        for turn_id, turn in own.items():
            head = found.get(turn_id)
            if head is None or head.stop:
                turn.stop()  # Its thread was deleted, another process took it for dead, or somebody stopped it.
            elif head.keep:
                turn.keep()
            elif head.wanted_until is not None and head.wanted_until > dt.datetime.now(dt.UTC):
                turn.give_way()  # Another process waits for the thread.

    async def _look_after_others(self) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() < self._patience:
            return
        try:
            await self._recover(dt.datetime.now(dt.UTC))
            await self._journal.forget(dt.datetime.now(dt.UTC) - KEPT)
        except StoreUnavailableError:
            # Nobody could renew a lease meanwhile: those who live get the time to do it.
            self._patience = loop.time() + LEASE_SECONDS
            raise

    async def _recover(self, expired: dt.datetime) -> None:
        self._left += await self._journal.claim(self._turns.owner, lease_end(), expired=expired)
        for head in [*self._left]:
            await recover(head, self._storage, self._turns.threads)
            self._left.remove(head)
            log.info("recovered a turn that its process left", thread=head.thread_id, turn=head.id)
