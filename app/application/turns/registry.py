"""Turn registry: each turn runs in its own task, and a response only follows it.

A web framework that loses its client cancels the response, and with it every later write of the response. A turn is
never part of a response, so the answer is stored however the connection ends.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from typing import NamedTuple

import msgspec
import structlog
from chatkit.store import NotFoundError

from app.application.idempotency.reservation import KeyReservation
from app.application.turns.admission import RETRY_SECONDS, YIELD, TurnAdmission, too_many
from app.application.turns.cancelled import close_cancelled
from app.application.turns.disconnect import DisconnectPolicy
from app.application.turns.journal_writer import JournalWriter
from app.application.turns.recovery import all_events
from app.application.turns.remote import RemoteTurns
from app.application.turns.transcript import Transcript, notice
from app.application.turns.turn import JOURNAL_GREW, Placement, ThreadGoneError, Turn, current_turn
from app.domain.errors import AnyportError, CapacityError, ClosingError, LimitError, StoreUnavailableError
from app.domain.ids import new_id
from app.domain.language import _
from app.ports.signals import MISSED, Signals
from app.ports.storage import Storage
from app.ports.thread_store import ThreadStore
from app.ports.turn_journal import TurnHead
from app.settings.turns import TurnSettings

log = structlog.get_logger(__name__)

STOP_SECONDS = 5.0

_STOP, _PIN = "stop:", "keep:"
_ON_SIGNAL: Mapping[str, Callable[[Turn], None]] = {_STOP: Turn.stop, _PIN: Turn.pin, YIELD: Turn.yield_to_next}


class _Created(msgspec.Struct, frozen=True):
    id: str = ""


class _First(msgspec.Struct, frozen=True):
    thread: _Created = _Created()


_first_event = msgspec.json.Decoder(_First)


class TurnStream(NamedTuple):
    """The stream of a turn's events, and the turn's id."""

    turn_id: str
    events: AsyncGenerator[bytes, None]


class TurnRegistry:
    """Starts, follows and stops the turns of this process, and reaches the remote turns."""

    def __init__(
        self,
        storage: Storage,
        settings: TurnSettings | None = None,
        on_closing: Callable[[], None] = lambda: None,
        *,
        at_most: int = 0,
        at_most_in_process: int = 0,
        threads: ThreadStore | None = None,
    ) -> None:
        self._on_closing = on_closing
        self._storage = storage
        self.threads = threads or storage.threads
        """The store that truncation and recovery write to; its writes are published in the change feed."""
        self._journal = storage.journal
        self._signals: Signals = storage.signals
        self._settings = settings or TurnSettings()
        self._at_most = at_most
        self._at_most_in_process = at_most_in_process
        self.owner = new_id("proc")
        self.writer = JournalWriter(storage, self.owner)
        self.remote = RemoteTurns(storage.journal, storage.signals, keep_alive=self._settings.keep_alive_seconds)
        self._running: set[Turn] = set()
        self._by_thread: dict[str, Turn] = {}
        self._closing = asyncio.Event()
        self._admission = TurnAdmission(
            storage.journal,
            storage.signals,
            self._settings,
            self._by_thread,
            self._closing,
            owner=self.owner,
            at_most=at_most,
        )
        self._disconnects = DisconnectPolicy(storage.journal, self._settings, self._closing)
        self._unsubscribe = storage.signals.subscribe(self._on_signal)

    @property
    def running(self) -> Iterable[Turn]:
        """The turns that have not ended."""
        return [*self._running]

    def are_running(self) -> bool:
        """Return True while a turn runs in this process."""
        return bool(self._running)

    @property
    def closing(self) -> asyncio.Event:
        """Set when the server stops: streams that can be resumed elsewhere end."""
        return self._closing

    async def start(
        self,
        events: AsyncGenerator[bytes, None],
        on_failure: Callable[[Exception], bytes],
        placement: Placement | None = None,
        reservation: KeyReservation | None = None,
    ) -> Turn:
        """Run `events` as a turn and return once it has its first event. Raises what it raised before that.

        `on_failure` makes the last event of a turn that fails after its first event. With a `placement` the turn is the
        only one of its thread and can be followed. With a `reservation` nothing is shown before it is granted, and
        nothing is stored but an empty new thread. Raises `BusyError` when another turn runs in the thread, `LimitError`
        when the user reached their limit of running turns, `CapacityError` when the process reached its own, and
        `AnsweredElsewhereError` when the reservation is not granted.
        """
        if self._closing.is_set():
            raise ClosingError(_("The server is shutting down."), retry_after=1)
        if 0 < self._at_most_in_process <= len(self._running):
            log.warning(
                "turn rejected: process limit reached", running=len(self._running), change="MAX_STREAMS, ulimit -n"
            )
            raise CapacityError(
                _("This server is answering as many questions as it can. Please try again in a moment."),
                retry_after=RETRY_SECONDS,
            )
        if placement is not None:
            self._check_user_limit(placement)
        turn_id = reservation.turn_id if reservation else new_id("turn")
        turn = Turn(
            turn_id, placement, self._disconnects.on_last_follower_left, keep_alive=self._settings.keep_alive_seconds
        )
        turn.reservation = reservation
        if reservation is not None and (placement is None or placement.thread_id):
            await reservation.require()
        if placement is not None and placement.thread_id:
            await self._admission.wait(turn, placement)
            self._by_thread[placement.thread_id] = turn
        self._running.add(turn)
        turn.task = asyncio.create_task(self._run(turn, events, on_failure))
        await turn.wait_first_event()
        return turn

    async def stop(self, thread_id: str) -> None:
        """Stop the thread's turn in any process, and wait until its answer is stored. Idempotent.

        A remote turn is waited for at most `STOP_SECONDS`.
        """
        if (turn := self._by_thread.get(thread_id)) is not None:
            turn.stop()
            await turn.wait_ended()
            return
        head = await self._journal.latest(thread_id)
        if head is not None and head.end is None:
            await self._journal.signal(thread_id, "stop")
            await self._signals.publish([_STOP + head.id])
            await self.remote.wait_ended(head, STOP_SECONDS)

    async def end_deleted(self, thread_id: str) -> None:
        """Stop the turn of a deleted thread. A remote turn ends when its process next renews the lease."""
        if (turn := self._by_thread.get(thread_id)) is not None:
            turn.stop()
            await turn.wait_ended()

    async def open(self, thread_id: str) -> Transcript | None:
        """Pin the thread's turn in any process, because its user opened the thread.

        Returns the transcript of the turn so far; None when no turn runs.
        """
        if (turn := self._by_thread.get(thread_id)) is not None:
            if turn.truncated_at is not None:
                await turn.wait_ended()
                return None
            turn.pin()
            return Transcript(turn.events)
        if not self._journal.shared:
            return None
        head = await self._journal.latest(thread_id)
        if head is None or head.end is not None or head.owner == self.owner:
            return None  # An own turn that is not found above has ended, and only persistence is left.
        await self.pin_remote(head)
        return Transcript(await all_events(self._journal, head.id))

    async def follow(
        self, thread_id: str, after: int, turn_id: str = "", *, running: bool = False
    ) -> TurnStream | None:
        """Stream the numbered events behind `after` of the thread's running turn, which is then pinned.

        Without a running turn it is the last one, while the journal has it, unless only `running` ones are wanted.
        Returns None without further events, or when the turn is not `turn_id`. The stream may end before the turn does:
        this process may stop.
        """
        if (turn := self._by_thread.get(thread_id)) is not None:
            if turn_id not in {"", turn.id}:
                return None
            if turn.truncated_at is None:
                turn.pin()
                return TurnStream(turn.id, turn.follow(after, numbered=True))
            await turn.wait_ended()  # Events behind the truncation no longer exist.
        head = await self._journal.latest(thread_id)
        if head is None or turn_id not in {"", head.id} or (running and head.end is not None):
            return None
        if head.end is None:
            await self.pin_remote(head)
            return TurnStream(head.id, self.remote.follow(head, after))
        rest = await self.remote.rest(head, after)
        return None if rest is None else TurnStream(head.id, rest)

    async def drain(self) -> None:
        """Refuse new turns, wait for running ones up to the shutdown timeout, then stop and store the rest."""
        self._closing.set()
        self._on_closing()
        self.remote.close()
        tasks = [turn.task for turn in self._running if turn.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=self._settings.shutdown_seconds)
        await self.aclose()

    async def aclose(self) -> None:
        """Stop all turns and wait until each has stored its answer. Idempotent."""
        self._closing.set()
        self.remote.close()
        for turn in self.running:
            turn.stop(end="interrupted")
        await asyncio.gather(self._disconnects.aclose(), *(turn.wait_ended() for turn in self.running))
        self._unsubscribe()
        self._unsubscribe = lambda: None

    async def pin_remote(self, head: TurnHead) -> None:
        """Pin a remote turn: it runs to its end without a follower. Idempotent."""
        if not head.pinned:
            await self._journal.signal(head.thread_id, "pin")
            await self._signals.publish([_PIN + head.id])

    def _check_user_limit(self, placement: Placement) -> None:
        """Check the user's limit within this process; the journal checks it across processes."""
        placements = [turn.placement for turn in self._running if turn.placement is not None]
        # A new thread has no id yet, and counts as another thread.
        others = [other for other in placements if not other.thread_id or other.thread_id != placement.thread_id]
        own = sum(other.user_id == placement.user_id for other in others)
        if 0 < self._at_most <= own:
            raise too_many(own)

    async def _run(
        self, turn: Turn, events: AsyncGenerator[bytes, None], on_failure: Callable[[Exception], bytes]
    ) -> None:
        current_turn.set(turn)  # The turn has its own task, and so its own context.
        try:
            async with aclosing(events):
                async for event in events:
                    if turn.placement is not None and not turn.placement.thread_id:
                        thread_id = _first_event.decode(event.removeprefix(b"data: ")).thread.id
                        if turn.reservation is not None:
                            await turn.reservation.require(thread_id)
                        turn.placement.thread_id = thread_id
                        self._by_thread[thread_id] = turn
                        turn.entering = asyncio.create_task(self._enter_new_thread(turn, turn.placement))
                    turn.append(event)
            turn.model_finished = True
        except asyncio.CancelledError:
            await close_cancelled(turn, self.threads, self._storage.turn_log)
        except ThreadGoneError:
            log.info("turn stopped: its thread was deleted", turn=turn.id)
            turn.model_finished, turn.end = True, "stopped"
            await close_cancelled(turn, self.threads, self._storage.turn_log)
        except Exception as failure:
            turn.model_finished = True
            turn.failure = failure
            if turn.events:
                log.exception("turn failed", exc_info=failure)
                turn.append(on_failure(failure))
        finally:
            if turn.entering is not None:
                await turn.entering
            await self._end(turn)

    async def _enter_new_thread(self, turn: Turn, placement: Placement) -> None:
        """Enter the turn of a new thread in the journal, after its first event: no other turn can hold the thread."""
        try:
            await self._admission.begin(turn, placement)
        except LimitError as refused:
            turn.append(notice(refused.message))
            turn.stop()
        except NotFoundError:
            turn.stop()  # The thread was deleted at once.
        except (AnyportError, LookupError) as failure:
            log.warning(
                "journal entry failed",
                thread=placement.thread_id,
                reason=str(failure),
            )
        except Exception:
            self._by_thread[placement.thread_id] = turn
            log.exception("journal entry failed", thread=placement.thread_id)
        finally:
            turn.entering = None

    async def _end(self, turn: Turn) -> None:
        try:
            if turn.entered.is_set():
                await self.writer.end(turn)
            elif turn.placement is None and turn.reservation is not None and turn.events:
                await turn.reservation.store_response(b"".join(turn.events))
        except StoreUnavailableError as failure:
            log.warning("stored response not written", turn=turn.id, detail=failure.detail)
        finally:
            self._running.discard(turn)
            if turn.placement is not None and self._by_thread.get(turn.placement.thread_id) is turn:
                del self._by_thread[turn.placement.thread_id]
            turn.finish()

    def _on_signal(self, signal: str) -> None:
        kind, colon, name = signal.partition(":")
        if signal == MISSED or signal.startswith(JOURNAL_GREW):
            self.remote.on_signal(signal)
        elif kind + colon in _ON_SIGNAL and (turn := self._turn(name)) is not None:
            _ON_SIGNAL[kind + colon](turn)

    def _turn(self, turn_id: str) -> Turn | None:
        return next((turn for turn in self._running if turn.id == turn_id), None)
