"""Journal writer: persists the events of running turns in batches, so that no token waits for the database."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Final

import structlog

from app.aio.cooperative_yield import below
from app.application.turns.turn import JOURNAL_GREW, Turn
from app.domain.errors import StoreUnavailableError
from app.ports.storage import Storage
from app.ports.turn_journal import Batch

_LARGE: Final = 500_000
"""Bytes of one batch; each write copies its batch several times."""

log = structlog.get_logger(__name__)


class JournalWriter:
    """Writes events to the journal, and publishes a signal for followers in other processes."""

    def __init__(self, storage: Storage, owner: str) -> None:
        self._journal = storage.journal
        self._signals = storage.signals
        self._keys = storage.idempotency_keys
        self._owner = owner
        self._unwritten_ends: list[Turn] = []

    async def flush(self, turns: Iterable[Turn]) -> None:
        """Write all events not journaled yet. Raises `StoreUnavailableError`; the next flush writes the same events."""
        async with AsyncExitStack() as locks:
            free = [turn for turn in turns if turn.entered.is_set() and not turn.writing.locked()]
            for turn in free:
                await locks.enter_async_context(turn.writing)
            await self._rewrite(free)
            while free:
                free = await self._append(free)

    async def end(self, turn: Turn) -> None:
        """Write the turn's last events and its end. After a failure `flush_ends` tries again."""
        try:
            await self._end(turn)
        except StoreUnavailableError as failure:
            # Without a retry the thread would stay busy until the server stops.
            self._unwritten_ends.append(turn)
            log.warning("journal write postponed: end of a turn", turn=turn.id, detail=failure.detail)
        except Exception:
            self._unwritten_ends.append(turn)
            log.exception("journal write failed: end of a turn", turn=turn.id)

    async def flush_ends(self) -> None:
        """Write the ends that could not be written before. Raises `StoreUnavailableError`.

        An end that fails for another reason is logged and dropped.
        """
        while self._unwritten_ends:
            turn = self._unwritten_ends[0]
            try:
                await self._end(turn)
            except StoreUnavailableError:
                raise
            except Exception:
                log.exception("journal write dropped: end of a turn", turn=turn.id)
            self._unwritten_ends.remove(turn)

    async def _rewrite(self, turns: Iterable[Turn]) -> None:
        """Write the journaled events again where a turn withdrew an item."""
        for turn in turns:
            if turn.withdrew:
                batches = [*batches_of(turn.id, turn.events[: turn.journaled])]
                turn.withdrew = False  # Set again by an item that is withdrawn meanwhile.
                try:
                    await self._journal.rewrite(turn.id, self._owner, batches)
                except BaseException:
                    turn.withdrew = True
                    raise

    async def _append(self, turns: Sequence[Turn]) -> list[Turn]:
        """Write one batch for each turn; return the turns that have more."""
        batches = [batch for turn in turns if (batch := _unwritten(turn)) is not None]
        if not batches:
            return []
        reached = {batch.turn_id: batch.first + len(batch.events) - 1 for batch in batches}
        more = [turn for turn in turns if reached.get(turn.id, len(turn.events)) < len(turn.events)]
        # Without signals, followers poll the journal.
        signals = [JOURNAL_GREW + batch.turn_id for batch in batches] if self._signals.connected else []
        await self._journal.append(batches, self._owner, signals=signals)
        for turn in turns:
            turn.journaled = reached.get(turn.id, turn.journaled)
        return more

    async def _end(self, turn: Turn) -> None:
        signals = [JOURNAL_GREW + turn.id]
        if turn.truncated_at is None:
            async with turn.writing:
                await self._rewrite([turn])
                while (last := _unwritten(turn)) is not None and turn.journaled + len(last.events) < len(turn.events):
                    await self._append([turn])
                await self._journal.end(turn.id, self._owner, turn.end, last=last, signals=signals)
            return
        await self._journal.drop(turn.id, self._owner)
        if turn.reservation is not None:
            await self._keys.release(turn.id)
        await self._signals.publish(signals)


def _unwritten(turn: Turn) -> Batch | None:
    """Return the events that are not journaled yet, at most about `_LARGE` bytes."""
    return next(batches_of(turn.id, turn.events[turn.journaled :], turn.journaled), None)


def batches_of(turn_id: str, events: Sequence[bytes], journaled: int = 0) -> Iterator[Batch]:
    """Yield the events in batches of at most about `_LARGE` bytes; `journaled` events precede them."""
    while events:
        count = max(1, below(events, _LARGE)) if sum(map(len, events)) > _LARGE else len(events)
        yield Batch(turn_id=turn_id, first=journaled + 1, events=events[:count])
        events, journaled = events[count:], journaled + count
