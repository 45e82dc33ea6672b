"""Turn admission: one turn a thread; the others queue or are refused."""

import asyncio
import datetime as dt
from collections.abc import Mapping
from weakref import WeakValueDictionary

from app.application.turns.remote import POLL_SECONDS
from app.application.turns.turn import Placement, Turn, set_within
from app.domain.errors import BusyError, ClosingError, LimitError
from app.domain.language import _
from app.ports.signals import Signals
from app.ports.turn_journal import TooManyTurnsError, TurnHead, TurnJournal
from app.settings.turns import BusyThread, TurnSettings

LEASE_SECONDS = 10.0
LEASE = dt.timedelta(seconds=LEASE_SECONDS)
"""Duration of a turn's lease without a heartbeat; then another process may take the turn over."""

QUEUE_SECONDS = 120.0
QUEUE_POLL_SECONDS = 0.2
RETRY_SECONDS = 5

YIELD_SECONDS = 1.0
"""Seconds that a message waits for an unfollowed turn of another process to yield the thread."""

QUEUE_POSITION = dt.timedelta(seconds=3)
"""Duration of a queue position without renewal."""

YIELD = "yield:"


class TurnAdmission:
    """Admits the turns of one process to their threads, through the journal.

    Within a process a lock for each thread keeps the order of arrival; between processes the journal's queue keeps the
    order of the turns that hold such a lock.
    """

    def __init__(
        self,
        journal: TurnJournal,
        signals: Signals,
        settings: TurnSettings,
        here: Mapping[str, Turn],
        closing: asyncio.Event,
        *,
        owner: str,
        at_most: int,
    ) -> None:
        self._journal = journal
        self._signals = signals
        self._queueing = settings.busy_thread is BusyThread.QUEUE
        self._here = here
        self._closing = closing
        self._owner = owner
        self._at_most = at_most
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def begin(self, turn: Turn, placement: Placement) -> bool:
        """Enter the turn in the journal; False when another runs in its thread. Raises `LimitError`."""
        head = TurnHead(id=turn.id, thread_id=placement.thread_id, user_id=placement.user_id, owner=self._owner)
        try:
            entered = await self._journal.begin(head, LEASE, at_most=self._at_most)
        except TooManyTurnsError as error:
            raise too_many(self._at_most) from error
        if entered:
            turn.entered.set()
        return entered

    async def wait(self, turn: Turn, placement: Placement) -> None:
        """Enter the turn when its thread is free and its queue position is the first.

        A running turn without followers yields: after Stop, the next message does not wait for the grace period.

        Raises `BusyError`, `LimitError`, `ClosingError`, and `chatkit.store.NotFoundError`.
        """
        loop = asyncio.get_running_loop()
        # Without signals, the other process reads the yield signal from the journal at its next poll.
        patience = YIELD_SECONDS if self._signals.connected else YIELD_SECONDS + 2 * POLL_SECONDS
        deadline = loop.time() + (QUEUE_SECONDS if self._queueing else patience)
        lock = self._locks.setdefault((placement.user_id, placement.thread_id), asyncio.Lock())
        turn.waited = lock.locked()
        try:
            async with asyncio.timeout_at(deadline):
                await lock.acquire()
        except TimeoutError:
            raise _busy() from None
        try:
            await self._wait_in_queue(turn, placement, deadline)
        finally:
            lock.release()

    async def _wait_in_queue(self, turn: Turn, placement: Placement, deadline: float) -> None:
        loop = asyncio.get_running_loop()
        yield_requested, renew_at = False, 0.0
        try:
            while (other := self._running_here(placement)) is not None or not await self.begin(turn, placement):
                turn.waited = True
                if self._closing.is_set():
                    raise ClosingError(_("The server is shutting down."), retry_after=1)
                if other is not None and other.timer is not None:
                    other.yield_to_next()
                elif loop.time() >= deadline or (other is not None and not self._queueing):
                    raise _busy()
                if self._queueing and loop.time() >= renew_at:
                    await self._journal.queue(turn.id, placement.thread_id, QUEUE_POSITION)
                    if turn.reservation is not None:
                        await turn.reservation.renew()
                    renew_at = loop.time() + POLL_SECONDS
                if other is None and not yield_requested:
                    yield_requested = True
                    await self._signal_yield(placement.thread_id)
                await (
                    set_within(other.ended, POLL_SECONDS) if other else set_within(self._closing, QUEUE_POLL_SECONDS)
                )
        finally:
            if renew_at:
                await self._journal.leave_queue(turn.id)

    def _running_here(self, placement: Placement) -> Turn | None:
        """Return the user's turn that runs in the thread in this process."""
        other = self._here.get(placement.thread_id)
        # Another user's turn is ignored: the journal refuses the thread as it refuses one that does not exist.
        is_own = other is not None and other.placement is not None and other.placement.user_id == placement.user_id
        return other if is_own else None

    async def _signal_yield(self, thread_id: str) -> None:
        if (turn_id := await self._journal.signal(thread_id, "yield")) is not None:
            await self._signals.publish([YIELD + turn_id])


def _busy() -> BusyError:
    return BusyError(_("The assistant is still answering in this chat. Wait for it, or stop it first."))


def too_many(count: int) -> LimitError:
    """Return the error for a user who reached the limit of running turns."""
    message = _("You have {count} answers running already. Wait for one to end, or stop one.", count=count)
    return LimitError(message, code="too_many_turns", retry_after=RETRY_SECONDS)
