"""One turn a thread: who may begin, who waits, and who is turned away."""

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
"""How long a process may be silent before its turns are another's."""

QUEUE_SECONDS = 120.0
QUEUE_POLL_SECONDS = 0.2
RETRY_SECONDS = 5

YIELD_SECONDS = 1.0
"""How long a message waits for a turn of another process that nobody follows to give way."""

QUEUE_POSITION = dt.timedelta(seconds=3)
"""How long a place in the queue is kept for a process that is silent."""

YIELD = "yield:"


class TurnAdmission:
    """The way into the journal, for the turns of one process.

    In a process, whoever came first to a thread stands at its door and the others behind; between processes, the
    journal keeps the order of those who stand at doors.
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
        self._queues = settings.busy_thread is BusyThread.QUEUE
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
        """Enter the turn as soon as its thread is free, and it is its turn. One that nobody follows gives way: whoever
        pressed Stop and goes on writing does not wait for the grace to end.

        Raises `BusyError`, `LimitError`, `ClosingError`, and `chatkit.store.NotFoundError`.
        """
        loop = asyncio.get_running_loop()
        # Where no signals arrive, the other process finds the wish when it next looks.
        patience = YIELD_SECONDS if self._signals.connected else YIELD_SECONDS + 2 * POLL_SECONDS
        deadline = loop.time() + (QUEUE_SECONDS if self._queues else patience)
        door = self._locks.setdefault((placement.user_id, placement.thread_id), asyncio.Lock())
        turn.waited = door.locked()
        try:
            async with asyncio.timeout_at(deadline):
                await door.acquire()
        except TimeoutError:
            raise _busy() from None
        try:
            await self._wait_in_queue(turn, placement, deadline)
        finally:
            door.release()

    async def _wait_in_queue(self, turn: Turn, placement: Placement, deadline: float) -> None:
        loop = asyncio.get_running_loop()
        asked, renew_at = False, 0.0
        try:
            while (other := self._running_here(placement)) is not None or not await self.begin(turn, placement):
                turn.waited = True
                if self._closing.is_set():
                    raise ClosingError(_("The server is shutting down."), retry_after=1)
                if other is not None and other.timer is not None:
                    other.yield_to_next()
                elif loop.time() >= deadline or (other is not None and not self._queues):
                    raise _busy()
                if self._queues and loop.time() >= renew_at:
                    await self._journal.queue(turn.id, placement.thread_id, QUEUE_POSITION)
                    if turn.reservation is not None:
                        await turn.reservation.renew()
                    renew_at = loop.time() + POLL_SECONDS
                if other is None and not asked:
                    asked = True
                    await self._ask(placement.thread_id)
                await (
                    set_within(other.ended, POLL_SECONDS) if other else set_within(self._closing, QUEUE_POLL_SECONDS)
                )
        finally:
            if renew_at:
                await self._journal.leave_queue(turn.id)

    def _running_here(self, placement: Placement) -> Turn | None:
        """The user's turn that runs in the thread in this process."""
        other = self._here.get(placement.thread_id)
        # Another user's turn is not looked at: the journal refuses the thread as it refuses one that does not exist.
        is_own = other is not None and other.placement is not None and other.placement.user_id == placement.user_id
        return other if is_own else None

    async def _ask(self, thread_id: str) -> None:
        if (turn_id := await self._journal.signal(thread_id, "yield")) is not None:
            await self._signals.publish([YIELD + turn_id])


def _busy() -> BusyError:
    return BusyError(_("The assistant is still answering in this chat. Wait for it, or stop it first."))


def too_many(count: int) -> LimitError:
    """What a user is told who has as many answers running as one may."""
    message = _("You have {count} answers running already. Wait for one to end, or stop one.", count=count)
    return LimitError(message, code="too_many_turns", retry_after=RETRY_SECONDS)
