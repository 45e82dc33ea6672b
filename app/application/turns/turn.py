"""One turn of this process: its task, its events so far, and whoever follows them."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from contextvars import ContextVar
from typing import Final

import msgspec

from app.aio.notification import Notification
from app.application.idempotency.reservation import KeyReservation
from app.chatkit_json.item_fields import IncompleteReason
from app.domain.errors import AnyportError
from app.domain.language import _
from app.ports.turn_journal import TurnEnd
from app.settings.turns import KEEP_ALIVE_SECONDS

PING: Final = b": ping\n\n"

INTERRUPTED: Final = "interrupted"
"""Said to a task that is cancelled because the server stops, not because somebody wants it to."""

JOURNAL_GREW: Final = "news:"
"""Signals with a turn's id: the journal has more of it."""

PIECE_EVENTS: Final = 256
PIECE_BYTES: Final = 64 * 1024
"""So much leaves in one piece at most, or one event: a reader who is far behind costs no second copy of the turn."""


class ThreadGoneError(Exception):
    """The thread was deleted while it was answered: the turn is over, and nobody needs to be told why."""


class Placement(msgspec.Struct):
    """Where a turn takes place, and for whom; a new thread's id is known from the first event on."""

    user_id: str
    thread_id: str = ""


class Turn:
    """A list of events that grows; a follower is a place in it, and costs nothing more."""

    def __init__(
        self,
        id_: str,
        placement: Placement | None,
        on_left: Callable[["Turn"], None],
        *,
        keep_alive: float = KEEP_ALIVE_SECONDS,
    ) -> None:
        self.id = id_
        self.placement = placement
        self.events: list[bytes] = []
        self.failure: Exception | None = None
        self.end: TurnEnd = "completed"
        self.journaled = 0
        """So many events are in the journal."""
        self.writing = asyncio.Lock()
        """Held while events go into the journal: two batches of a turn must not overlap."""
        self.delivered = 0
        """So many events were on their way to somebody, at least."""
        self.truncated_at: int | None = None
        """Where the turn ends for good, if nobody waited for all of it."""
        self.pinned = False
        """Whether somebody came back for it: then it runs to its end."""
        self.reservation: KeyReservation | None = None
        """Its right to answer a request that may arrive at another replica too."""
        self.lost = False
        """Whether another process took it over, because this one was silent for too long."""
        self.waited = False
        """True once it had to wait for its thread: another turn has changed that meanwhile."""
        self.model_finished = False
        """Whether it came to its own end, and only has to be written down."""
        self.entered = asyncio.Event()
        """Set when the journal knows of it."""
        self.task: asyncio.Task[None] | None = None
        self.entering: asyncio.Task[None] | None = None
        """While the journal is told of a new thread's turn."""
        self.timer: asyncio.TimerHandle | None = None
        self._followers: set[Notification] = set()
        self._first = asyncio.Event()
        self.ended = asyncio.Event()
        """Set when everything is stored and said."""
        self._on_left = on_left
        self._keep_alive = keep_alive

    @property
    def running(self) -> bool:
        """Whether there may be more."""
        return not self.ended.is_set()

    @property
    def first(self) -> bytes:
        """The first event; there is none before `opened`, nor when the turn had nothing to say."""
        return self.events[0] if self.events else b""

    async def wait_first_event(self) -> None:
        """Wait for the first event. Raises what the turn raised before it had one, so that it can be answered
        with a status code instead of a broken stream."""
        await self._first.wait()
        if self.failure is not None and not self.events:
            raise self.failure

    async def wait_ended(self) -> None:
        """Wait until everything is stored and said."""
        await self.ended.wait()

    async def follow(self, after: int = 0, *, numbered: bool = False) -> AsyncGenerator[bytes, None]:
        """The events behind number `after`, then those to come; events that wait already leave in one piece."""
        wake = Notification(self._keep_alive)
        self._followers.add(wake)
        if self.timer is not None:
            self.pin()
        try:
            while True:
                if after < len(self.events):
                    waiting = first_piece(self.events, after)
                    piece = number(waiting, after) if numbered else b"".join(waiting)
                    after += len(waiting)
                    self.delivered = max(self.delivered, after)
                    yield piece
                elif self.ended.is_set():
                    return
                elif not await wake.wait():
                    yield PING
        finally:
            wake.close()
            self._followers.discard(wake)
            if not self._followers and not self.model_finished and self.running:
                self._on_left(self)

    @property
    def incomplete_reason(self) -> IncompleteReason:
        """Why it is cancelled, once it is."""
        if self.end == "interrupted":
            return "interrupted"
        return "stopped" if self.truncated_at is None else "disconnected"

    def pin(self) -> None:
        """Somebody came back for it: it runs to its end."""
        self.pinned = True
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def yield_to_next(self) -> None:
        """If nobody follows it and its grace runs, it ends where its last reader was."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
            self.stop(truncated_at=self.delivered)

    def stop(self, *, truncated_at: int | None = None, end: TurnEnd = "stopped") -> None:
        """Cancel the turn, once; what was said is stored, up to event number `truncated_at` if that is given."""
        if self.model_finished or self.task is None or self.task.cancelling() or self.task.done():
            return
        self.truncated_at, self.end = truncated_at, end
        self.task.cancel(INTERRUPTED if end == "interrupted" else None)

    def lose(self) -> None:
        """Another process took it over: it ends here with an error, and what was said is not for this one to keep."""
        self.lost = True
        self.stop(end="interrupted")

    def append(self, event: bytes) -> None:
        """One more event, for everybody."""
        self.events.append(event)
        if not self._first.is_set():
            self._first.set()
        self._wake()

    def finish(self) -> None:
        """There will be no more."""
        if self.timer is not None:
            self.timer.cancel()
        if not self.events and self.failure is None and self.end != "completed":
            self.failure = AnyportError(_("The turn was stopped before it began."))
        self.ended.set()
        self._first.set()
        self._wake()

    def _wake(self) -> None:
        for follower in self._followers:
            follower.notify()


current_turn: ContextVar[Turn | None] = ContextVar("current_turn", default=None)
"""The turn whose task this is."""


async def set_within(event: asyncio.Event, seconds: float) -> bool:
    """Whether the event was set within so many seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            return await event.wait()
    return False


def first_piece(events: Sequence[bytes], after: int) -> Sequence[bytes]:
    """As many of the events behind number `after` as leave at once."""
    waiting = events[after : after + PIECE_EVENTS]
    size = 0
    for count, event in enumerate(waiting, 1):
        size += len(event)
        if size >= PIECE_BYTES:
            return waiting[:count]
    return waiting


def number(events: Sequence[bytes], after: int) -> bytes:
    """The events with their numbers, as `id:` lines that a browser sends back in `Last-Event-ID`."""
    return b"".join(b"id: %d\n%b" % (at, event) for at, event in enumerate(events, after + 1))
