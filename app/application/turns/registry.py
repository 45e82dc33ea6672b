"""Turns in tasks of their own: a response only follows its turn.

A web framework that loses its client cancels the response, and with it every write that the response would
still make. A turn is never inside a response, so what was said is stored however the connection ends.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing, suppress
from typing import NamedTuple

import msgspec
import structlog
from chatkit.store import NotFoundError

from app.application.idempotency.reservation import KeyReservation
from app.application.turns.admission import GIVE_WAY, RETRY_SECONDS, TurnAdmission, too_many
from app.application.turns.endings import note, note_id
from app.application.turns.journal_writer import JournalWriter
from app.application.turns.recovery import all_events
from app.application.turns.remote import RemoteTurns
from app.application.turns.transcript import Transcript, done, interrupted, notice, taken_over
from app.application.turns.truncation import Truncation
from app.application.turns.turn import NEWS, Place, ThreadGoneError, Turn, current_turn
from app.domain.errors import AnyportError, CapacityError, ClosingError, LimitError, StoreUnavailableError
from app.domain.identity import RequestContext
from app.domain.ids import new_id
from app.domain.language import _
from app.ports.signals import MISSED, Signals
from app.ports.storage import Storage
from app.ports.thread_store import ThreadStore
from app.ports.turn_journal import TurnHead
from app.settings.turns import Disconnect, TurnSettings

log = structlog.get_logger(__name__)

STOP_SECONDS = 5.0

_STOP, _KEEP = "stop:", "keep:"
_DO: Mapping[str, Callable[[Turn], None]] = {_STOP: Turn.stop, _KEEP: Turn.keep, GIVE_WAY: Turn.give_way}


class _Created(msgspec.Struct, frozen=True):
    id: str = ""


class _First(msgspec.Struct, frozen=True):
    thread: _Created = _Created()


_first_event = msgspec.json.Decoder(_First)


class Followed(NamedTuple):
    """What is followed, and which turn it is of."""

    turn_id: str
    events: AsyncGenerator[bytes, None]


class Turns:
    """The turns of this process, and the way to those of all others."""

    def __init__(
        self,
        storage: Storage,
        settings: TurnSettings | None = None,
        on_closing: Callable[[], None] = lambda: None,
        *,
        at_most: int = 0,
        in_all: int = 0,
        threads: ThreadStore | None = None,
    ) -> None:
        self._on_closing = on_closing
        self._storage = storage
        self.threads = threads or storage.threads
        """Where what is kept of a turn is written, and told."""
        self._journal = storage.journal
        self._signals: Signals = storage.signals
        self._settings = settings or TurnSettings()
        self._at_most = at_most
        self._in_all = in_all
        self.owner = new_id("proc")
        self.writer = JournalWriter(storage, self.owner)
        self.far = RemoteTurns(storage.journal, storage.signals, keep_alive=self._settings.keep_alive_seconds)
        self._running: set[Turn] = set()
        self._by_thread: dict[str, Turn] = {}
        self._closing = asyncio.Event()
        self._entrance = TurnAdmission(
            storage.journal,
            storage.signals,
            self._settings,
            self._by_thread,
            self._closing,
            owner=self.owner,
            at_most=at_most,
        )
        self._deciding: set[asyncio.Task[None]] = set()
        self._deaf = storage.signals.listen(self._hear)

    @property
    def running(self) -> Iterable[Turn]:
        """Those that have not ended."""
        return [*self._running]

    def are_running(self) -> bool:
        """Whether there are any."""
        return bool(self._running)

    @property
    def closing(self) -> asyncio.Event:
        """Set when the server stops: streams that can be resumed elsewhere end."""
        return self._closing

    async def start(
        self,
        events: AsyncGenerator[bytes, None],
        on_failure: Callable[[Exception], bytes],
        place: Place | None = None,
        reservation: KeyReservation | None = None,
    ) -> Turn:
        """Run `events` as a turn and return once it has its first event. Raises what it raised before that.

        `on_failure` makes the last event of a turn that breaks off later. With a `place` the turn is the only one of
        its thread, and others can come and follow it; raises `BusyError` when another one runs there, `LimitError` when
        its user has as many running as one may, and `CapacityError` when this process has. With a `claim` nothing is
        shown, and but for an empty new thread nothing stored, before it is granted; raises `AnsweredElsewhereError`.
        """
        if self._closing.is_set():
            raise ClosingError(_("The server is shutting down."), retry_after=1)
        if 0 < self._in_all <= len(self._running):
            log.warning("no room for another turn", running=len(self._running), change="MAX_STREAMS, ulimit -n")
            raise CapacityError(
                _("This server is answering as many questions as it can. Please try again in a moment."),
                retry_after=RETRY_SECONDS,
            )
        if place is not None:
            self._see_that_there_is_room(place)
        turn_id = reservation.turn_id if reservation else new_id("turn")
        turn = Turn(turn_id, place, self._left, keep_alive=self._settings.keep_alive_seconds)
        turn.reservation = reservation
        if reservation is not None and (place is None or place.thread_id):
            await reservation.hold()
        if place is not None and place.thread_id:
            await self._entrance.wait(turn, place)
            self._by_thread[place.thread_id] = turn
        self._running.add(turn)
        turn.task = asyncio.create_task(self._run(turn, events, on_failure))
        await turn.opened()
        return turn

    async def stop(self, thread_id: str) -> None:
        """Stop the thread's turn, wherever it runs, and wait until what was said is stored. Safe to repeat."""
        if (turn := self._by_thread.get(thread_id)) is not None:
            turn.stop()
            await turn.over()
            return
        head = await self._journal.latest(thread_id)
        if head is not None and head.end is None:
            await self._journal.wish(thread_id, "stop")
            await self._signals.send([_STOP + head.id])
            await self.far.over(head, STOP_SECONDS)

    async def end_deleted(self, thread_id: str) -> None:
        """End the turn of a thread that is deleted. One of another process finds out when it renews its lease."""
        if (turn := self._by_thread.get(thread_id)) is not None:
            turn.stop()
            await turn.over()

    async def open(self, thread_id: str) -> Transcript | None:
        """Its user looks at the thread: its turn runs to the end, wherever it runs. What the turn shows so far; None
        when none runs."""
        if (turn := self._by_thread.get(thread_id)) is not None:
            if turn.cut is not None:
                await turn.over()
                return None
            turn.keep()
            return Transcript(turn.events)
        if not self._journal.shared:
            return None
        head = await self._journal.latest(thread_id)
        if head is None or head.end is not None or head.owner == self.owner:
            return None  # One of ours that runs was found above; any other has ended, and only has to be written down.
        await self.keep_far(head)
        return Transcript(await all_events(self._journal, head.id))

    async def follow(self, thread_id: str, after: int, turn_id: str = "", *, running: bool = False) -> Followed | None:
        """The numbered events behind `after` of the thread's turn, which goes on, or of its last one, if it ended not
        long ago and not only what is `running` is asked for; None when there are none to come, or when it is not
        `turn_id`. That the events end does not say that the turn did: this process may stop."""
        if (turn := self._by_thread.get(thread_id)) is not None:
            if turn_id not in {"", turn.id}:
                return None
            if turn.cut is None:
                turn.keep()
                return Followed(turn.id, turn.follow(after, numbered=True))
            await turn.over()  # What it said beyond the cut is no longer there to be followed.
        head = await self._journal.latest(thread_id)
        if head is None or turn_id not in {"", head.id} or (running and head.end is not None):
            return None
        if head.end is None:
            await self.keep_far(head)
            return Followed(head.id, self.far.follow(head, after))
        rest = await self.far.rest(head, after)
        return None if rest is None else Followed(head.id, rest)

    async def drain(self) -> None:
        """Take no more turns, let those that run finish as long as the settings allow, then keep what was said."""
        self._closing.set()
        self._on_closing()
        self.far.close()
        tasks = [turn.task for turn in self._running if turn.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=self._settings.shutdown_seconds)
        await self.aclose()

    async def aclose(self) -> None:
        """Stop all turns and wait until each has stored what it said."""
        self._closing.set()
        self.far.close()
        for turn in self.running:
            turn.stop(end="interrupted")
        await asyncio.gather(*self._deciding, *(turn.over() for turn in self.running))
        self._deaf()
        self._deaf = lambda: None

    async def keep_far(self, head: TurnHead) -> None:
        """Somebody came back for a turn of another process: it runs to its end."""
        if not head.keep:
            await self._journal.wish(head.thread_id, "keep")
            await self._signals.send([_KEEP + head.id])

    def _see_that_there_is_room(self, place: Place) -> None:
        """What this process knows by itself; the journal knows of the others."""
        places = [turn.place for turn in self._running if turn.place is not None]
        # A new thread has no id yet: it is another one all the same.
        others = [other for other in places if not other.thread_id or other.thread_id != place.thread_id]
        own = sum(other.user_id == place.user_id for other in others)
        if 0 < self._at_most <= own:
            raise too_many(own)

    async def _run(
        self, turn: Turn, events: AsyncGenerator[bytes, None], on_failure: Callable[[Exception], bytes]
    ) -> None:
        current_turn.set(turn)  # The task is the turn's own, and so is its context.
        try:
            async with aclosing(events):
                async for event in events:
                    if turn.place is not None and not turn.place.thread_id:
                        thread_id = _first_event.decode(event.removeprefix(b"data: ")).thread.id
                        if turn.reservation is not None:
                            await turn.reservation.hold(thread_id)
                        turn.place.thread_id = thread_id
                        self._by_thread[thread_id] = turn
                        turn.entering = asyncio.create_task(self._enter_new(turn, turn.place))
                    turn.append(event)
            turn.ending = True
        except asyncio.CancelledError:
            await self._broken_off(turn)
        except ThreadGoneError:
            log.info("a turn ended: its thread was deleted", turn=turn.id)
            turn.ending, turn.end = True, "stopped"
            await self._broken_off(turn)
        except Exception as failure:
            turn.ending = True
            turn.failure = failure
            if turn.events:
                log.exception("turn broke off", exc_info=failure)
                turn.append(on_failure(failure))
        finally:
            if turn.entering is not None:
                await turn.entering
            await self._end(turn)

    async def _enter_new(self, turn: Turn, place: Place) -> None:
        """A new thread is nobody else's, so its first event need not wait for the journal."""
        try:
            await self._entrance.begin(turn, place)
        except LimitError as refused:
            turn.append(notice(refused.message))
            turn.stop()
        except NotFoundError:
            turn.stop()  # It was deleted as soon as it was there.
        except (AnyportError, LookupError) as failure:
            log.warning("a turn that other replicas will not see", thread=place.thread_id, reason=str(failure))
        except Exception:
            self._by_thread[place.thread_id] = turn
            log.exception("a turn that other replicas will not see", thread=place.thread_id)
        finally:
            turn.entering = None

    async def _broken_off(self, turn: Turn) -> None:
        """Store what was shown of a turn that was cancelled, and let no item stay open."""
        if turn.cut is not None and turn.place is not None:
            context = RequestContext(user_id=turn.place.user_id)
            try:
                kept = Truncation(turn.events, turn.cut, turn.place.thread_id, context)
                await kept.store(self.threads, self._storage.turn_log)
            except AnyportError as failure:
                log.warning("a turn was not cut back", thread=turn.place.thread_id, code=failure.code)
            except NotFoundError:
                log.debug("nothing to cut back: the thread was deleted", thread=turn.place.thread_id)
        if not turn.events:
            return
        for event in Transcript(turn.events).closing(turn.broken_off):
            turn.append(event)
        await self._note_ending(turn)
        if turn.end == "interrupted":
            turn.append(taken_over() if turn.lost else interrupted())

    async def _note_ending(self, turn: Turn) -> None:
        """Store and show that there was to be more, unless the thread is gone; a click has no answer to be cut."""
        if turn.place is None or not turn.place.thread_id:
            return
        shown = note(turn.place.thread_id, note_id(turn.id), turn.broken_off)
        context = RequestContext(user_id=turn.place.user_id)
        try:
            await self.threads.add_thread_item(turn.place.thread_id, shown, context)
        except NotFoundError:
            return
        except AnyportError as failure:
            log.warning("a turn's early end was not noted", thread=turn.place.thread_id, code=failure.code)
        turn.append(done(shown))

    async def _end(self, turn: Turn) -> None:
        try:
            if turn.entered.is_set():
                await self.writer.end(turn)
            elif turn.place is None and turn.reservation is not None and turn.events:
                await turn.reservation.store_response(b"".join(turn.events))
        except StoreUnavailableError as failure:
            log.warning("what was said to a click will not be said again", turn=turn.id, detail=failure.detail)
        finally:
            self._running.discard(turn)
            if turn.place is not None and self._by_thread.get(turn.place.thread_id) is turn:
                del self._by_thread[turn.place.thread_id]
            turn.finish()

    def _left(self, turn: Turn) -> None:
        """The last follower has gone. On the wire, ChatKit's Stop button, a refresh and a closed tab look the same."""
        if turn.kept or self._closing.is_set():
            return
        if turn.place is None:
            if turn.reservation is None:  # Whoever may ask for it again shall find all of it.
                turn.stop()
            return
        match self._settings.on_disconnect:
            case Disconnect.CANCEL:
                turn.stop(cut=turn.delivered)
            case Disconnect.GRACE:
                loop = asyncio.get_running_loop()
                turn.timer = loop.call_later(self._settings.grace_seconds, self._grace_is_over, turn)
            case Disconnect.FINISH:
                pass

    def _grace_is_over(self, turn: Turn) -> None:
        deciding = asyncio.create_task(self._give_up(turn))
        self._deciding.add(deciding)
        deciding.add_done_callback(self._deciding.discard)

    async def _give_up(self, turn: Turn) -> None:
        """Unless somebody opened the thread on another replica: their word may still be on its way."""
        if self._journal.shared and turn.entered.is_set():
            with suppress(StoreUnavailableError):
                head = await self._journal.find(turn.id)
                if head is not None and head.keep:
                    turn.keep()
        turn.give_way()

    def _hear(self, signal: str) -> None:
        kind, colon, name = signal.partition(":")
        if signal == MISSED or signal.startswith(NEWS):
            self.far.hear(signal)
        elif kind + colon in _DO and (turn := self._turn(name)) is not None:
            _DO[kind + colon](turn)

    def _turn(self, turn_id: str) -> Turn | None:
        return next((turn for turn in self._running if turn.id == turn_id), None)
