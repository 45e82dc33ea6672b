"""Turn: one answer of this process, with its task, its events and its followers."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from contextvars import ContextVar
from typing import Final

import msgspec

from app.aio.notification import Notification
from app.application.idempotency.reservation import KeyReservation
from app.application.turns.withdrawal import withdrawn
from app.chatkit_json.item_fields import IncompleteReason
from app.domain.errors import AnyportError
from app.domain.language import _
from app.ports.turn_journal import TurnEnd
from app.settings.turns import KEEP_ALIVE_SECONDS

PING: Final = b": ping\n\n"

INTERRUPTED: Final = "interrupted"
"""Cancellation message of a task that the server stops at shutdown, not the user."""

JOURNAL_GREW: Final = "news:"
"""Prefix of a signal with a turn's id: the journal has new events of the turn."""

PIECE_EVENTS: Final = 256
PIECE_BYTES: Final = 64 * 1024
"""Most bytes of one piece, or one event: a slow reader costs no second copy of the turn."""


class ThreadGoneError(Exception):
    """The thread was deleted while it was answered: the turn ends without an error event."""


class Placement(msgspec.Struct):
    """Placement of a turn: its user and its thread; a new thread has an id from the first event on."""

    user_id: str
    thread_id: str = ""


class Turn:
    """A growing list of events; a follower is a position in the list."""

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
        """Number of events in the journal."""
        self.writing = asyncio.Lock()
        """Held during a journal write: two batches of a turn must not overlap."""
        self.delivered = 0
        """Number of events that were passed to at least one follower."""
        self.withdrew = False
        """True while the journal may hold events of an item that the turn removed again."""
        self.truncated_at: int | None = None
        """Number of events after which the turn is truncated; None for a turn that is not."""
        self.pinned = False
        """True once a user came back: the turn runs to its end without a follower."""
        self.reservation: KeyReservation | None = None
        """Its right to answer a request that may arrive at another replica too."""
        self.lost = False
        """True once another process took the turn over, because its lease expired."""
        self.waited = False
        """True once the turn queued for its thread: another turn changed the thread meanwhile."""
        self.model_finished = False
        """True once the model finished and only persistence is left."""
        self.entered = asyncio.Event()
        """Set when the turn is entered in the journal."""
        self.task: asyncio.Task[None] | None = None
        self.entering: asyncio.Task[None] | None = None
        """Set while the turn of a new thread is entered in the journal."""
        self.timer: asyncio.TimerHandle | None = None
        self._followers: set[Notification] = set()
        self._first = asyncio.Event()
        self.ended = asyncio.Event()
        """Set when all events are stored and delivered to followers' positions."""
        self._on_left = on_left
        self._keep_alive = keep_alive

    @property
    def running(self) -> bool:
        """True while further events may follow."""
        return not self.ended.is_set()

    @property
    def first(self) -> bytes:
        """The first event; empty before `wait_first_event` returns, and for a turn without events."""
        return self.events[0] if self.events else b""

    async def wait_first_event(self) -> None:
        """Wait for the first event. Raises an earlier failure of the turn, so that the response gets a status code
        instead of a broken stream."""
        await self._first.wait()
        if self.failure is not None and not self.events:
            raise self.failure

    async def wait_ended(self) -> None:
        """Wait until all events are stored."""
        await self.ended.wait()

    async def follow(self, after: int = 0, *, numbered: bool = False) -> AsyncGenerator[bytes, None]:
        """Stream the events behind number `after`, past and future; available events are joined into one piece.

        With `numbered` each event has an `id:` line. Yields `PING` when idle for the keep-alive interval.
        """
        notification = Notification(self._keep_alive)
        self._followers.add(notification)
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
                elif not await notification.wait():
                    yield PING
        finally:
            notification.close()
            self._followers.discard(notification)
            if not self._followers and not self.model_finished and self.running:
                self._on_left(self)

    @property
    def incomplete_reason(self) -> IncompleteReason:
        """Reason of the incomplete answer, once the turn is cancelled."""
        if self.end == "interrupted":
            return "interrupted"
        return "stopped" if self.truncated_at is None else "disconnected"

    def pin(self) -> None:
        """Pin the turn: it runs to its end without a follower. Idempotent."""
        self.pinned = True
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def yield_to_next(self) -> None:
        """Stop the turn at its last delivered event, if it has no follower and its grace period runs."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
            self.stop(truncated_at=self.delivered)

    def stop(self, *, truncated_at: int | None = None, end: TurnEnd = "stopped") -> None:
        """Cancel the turn; its events so far are stored, or only the first `truncated_at`. Idempotent."""
        if self.model_finished or self.task is None or self.task.cancelling() or self.task.done():
            return
        self.truncated_at, self.end = truncated_at, end
        self.task.cancel(INTERRUPTED if end == "interrupted" else None)

    def lose(self) -> None:
        """End the turn with an error, because another process took it over and stores it."""
        self.lost = True
        self.stop(end="interrupted")

    def append(self, event: bytes) -> None:
        """Append an event and notify all followers."""
        self.events.append(event)
        if not self._first.is_set():
            self._first.set()
        self._notify_followers()

    def withdraw(self, item_id: str) -> None:
        """Remove the content of a removed item from all events, so that no later reader gets it."""
        for position, replacement in withdrawn(self.events, item_id):
            self.events[position] = replacement
            self.withdrew = True

    def finish(self) -> None:
        """Mark the turn as ended and notify all followers."""
        if self.timer is not None:
            self.timer.cancel()
        if not self.events and self.failure is None and self.end != "completed":
            self.failure = AnyportError(_("The turn was stopped before it began."))
        self.ended.set()
        self._first.set()
        self._notify_followers()

    def _notify_followers(self) -> None:
        for follower in self._followers:
            follower.notify()


current_turn: ContextVar[Turn | None] = ContextVar("current_turn", default=None)
"""The turn that the current task runs, if any."""


async def set_within(event: asyncio.Event, seconds: float) -> bool:
    """Wait up to `seconds`; True when the event was set in time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            return await event.wait()
    return False


def first_piece(events: Sequence[bytes], after: int) -> Sequence[bytes]:
    """Return the events behind number `after` that form one piece: see `PIECE_EVENTS` and `PIECE_BYTES`."""
    waiting = events[after : after + PIECE_EVENTS]
    size = 0
    for count, event in enumerate(waiting, 1):
        size += len(event)
        if size >= PIECE_BYTES:
            return waiting[:count]
    return waiting


def number(events: Sequence[bytes], after: int) -> bytes:
    """Join the events, each with its number as an `id:` line; browsers return it in `Last-Event-ID`."""
    return b"".join(b"id: %d\n%b" % (at, event) for at, event in enumerate(events, after + 1))
