"""One turn a thread: who may begin, who waits, and who is turned away."""

import asyncio
import datetime as dt
from collections.abc import Mapping
from weakref import WeakValueDictionary

from app.application.turns.remote import LOOK_SECONDS
from app.application.turns.turn import Place, Turn, woken
from app.domain.errors import BusyError, ClosingError, LimitError
from app.domain.language import _
from app.ports.signals import Signals
from app.ports.turn_journal import TooManyTurnsError, TurnHead, TurnJournal
from app.settings.turns import BusyThread, TurnSettings

LEASE_SECONDS = 10.0
LEASE = dt.timedelta(seconds=LEASE_SECONDS)
"""How long a process may be silent before its turns are another's."""

QUEUE_SECONDS = 120.0
LOOK_AGAIN_SECONDS = 0.2
RETRY_SECONDS = 5

YIELD_SECONDS = 1.0
"""How long a message waits for a turn of another process that nobody follows to give way."""

TICKET = dt.timedelta(seconds=3)
"""How long a place in the queue is kept for a process that is silent."""

GIVE_WAY = "yield:"


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
        self._doors: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def begin(self, turn: Turn, place: Place) -> bool:
        """Enter the turn in the journal; False when another runs in its thread. Raises `LimitError`."""
        head = TurnHead(id=turn.id, thread_id=place.thread_id, user_id=place.user_id, owner=self._owner)
        try:
            entered = await self._journal.begin(head, LEASE, at_most=self._at_most)
        except TooManyTurnsError as error:
            raise too_many(self._at_most) from error
        if entered:
            turn.entered.set()
        return entered

    async def wait(self, turn: Turn, place: Place) -> None:
        """Enter the turn as soon as its thread is free, and it is its turn. One that nobody follows gives way: whoever
        pressed Stop and goes on writing does not wait for the grace to end.

        Raises `BusyError`, `LimitError`, `ClosingError`, and `chatkit.store.NotFoundError`.
        """
        loop = asyncio.get_running_loop()
        # Where no signals arrive, the other process finds the wish when it next looks.
        patience = YIELD_SECONDS if self._signals.heard else YIELD_SECONDS + 2 * LOOK_SECONDS
        deadline = loop.time() + (QUEUE_SECONDS if self._queues else patience)
        door = self._doors.setdefault((place.user_id, place.thread_id), asyncio.Lock())
        turn.waited = door.locked()
        try:
            async with asyncio.timeout_at(deadline):
                await door.acquire()
        except TimeoutError:
            raise _busy() from None
        try:
            await self._at_the_door(turn, place, deadline)
        finally:
            door.release()

    async def _at_the_door(self, turn: Turn, place: Place, deadline: float) -> None:
        loop = asyncio.get_running_loop()
        asked, renew_at = False, 0.0
        try:
            while (other := self._running_here(place)) is not None or not await self.begin(turn, place):
                turn.waited = True
                if self._closing.is_set():
                    raise ClosingError(_("The server is shutting down."), retry_after=1)
                if other is not None and other.timer is not None:
                    other.give_way()
                elif loop.time() >= deadline or (other is not None and not self._queues):
                    raise _busy()
                if self._queues and loop.time() >= renew_at:
                    await self._journal.queue(turn.id, place.thread_id, TICKET)
                    if turn.reservation is not None:
                        await turn.reservation.renew()
                    renew_at = loop.time() + LOOK_SECONDS
                if other is None and not asked:
                    asked = True
                    await self._ask(place.thread_id)
                await (woken(other.ended, LOOK_SECONDS) if other else woken(self._closing, LOOK_AGAIN_SECONDS))
        finally:
            if renew_at:
                await self._journal.leave_queue(turn.id)

    def _running_here(self, place: Place) -> Turn | None:
        """The user's turn that runs in the thread in this process."""
        other = self._here.get(place.thread_id)
        # Another user's turn is not looked at: the journal refuses the thread as it refuses one that does not exist.
        is_own = other is not None and other.place is not None and other.place.user_id == place.user_id
        return other if is_own else None

    async def _ask(self, thread_id: str) -> None:
        if (turn_id := await self._journal.wish(thread_id, "yield")) is not None:
            await self._signals.send([GIVE_WAY + turn_id])


def _busy() -> BusyError:
    return BusyError(_("The assistant is still answering in this chat. Wait for it, or stop it first."))


def too_many(count: int) -> LimitError:
    """What a user is told who has as many answers running as one may."""
    message = _("You have {count} answers running already. Wait for one to end, or stop one.", count=count)
    return LimitError(message, code="too_many_turns", retry_after=RETRY_SECONDS)
