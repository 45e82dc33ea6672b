"""What the turns of one process came to, written down: no token waits for it."""

from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from typing import Final

import structlog

from app.aio.cooperative_yield import below
from app.application.turns.turn import JOURNAL_GREW, Turn
from app.domain.errors import StoreUnavailableError
from app.ports.storage import Storage
from app.ports.turn_journal import Batch

_LARGE: Final = 500_000
"""Bytes; what goes to the database at once is copied several times on its way."""

log = structlog.get_logger(__name__)


class JournalWriter:
    """Brings the journal up to date, and tells who follows elsewhere."""

    def __init__(self, storage: Storage, owner: str) -> None:
        self._journal = storage.journal
        self._signals = storage.signals
        self._keys = storage.idempotency_keys
        self._owner = owner
        self._left: list[Turn] = []

    async def flush(self, turns: Iterable[Turn]) -> None:
        """The events so far. Raises `StoreUnavailableError`; what is missing then goes with the next."""
        async with AsyncExitStack() as held:
            free = [turn for turn in turns if turn.entered.is_set() and not turn.writing.locked()]
            for turn in free:
                await held.enter_async_context(turn.writing)
            while free:
                free = await self._append(free)

    async def end(self, turn: Turn) -> None:
        """The turn's last events and its end. What cannot be written now is kept for `flush_ends`."""
        try:
            await self._end(turn)
        except StoreUnavailableError as failure:
            # Its thread would be taken until the server stops.
            self._left.append(turn)
            log.warning("the end of a turn is not written down yet", turn=turn.id, detail=failure.detail)
        except Exception:
            self._left.append(turn)
            log.exception("the end of a turn could not be written down", turn=turn.id)

    async def flush_ends(self) -> None:
        """Those of turns that ended while the database was away. Raises `StoreUnavailableError`; what fails otherwise
        is given up."""
        while self._left:
            turn = self._left[0]
            try:
                await self._end(turn)
            except StoreUnavailableError:
                raise
            except Exception:
                log.exception("the end of a turn is lost", turn=turn.id)
            self._left.remove(turn)

    async def _append(self, turns: Sequence[Turn]) -> list[Turn]:
        """A batch of each; returns those that had more to write than goes into one."""
        batches = [batch for turn in turns if (batch := _unwritten(turn)) is not None]
        if not batches:
            return []
        reached = {batch.turn_id: batch.first + len(batch.events) - 1 for batch in batches}
        more = [turn for turn in turns if reached.get(turn.id, len(turn.events)) < len(turn.events)]
        # Who hears nothing looks at the journal itself.
        told = [JOURNAL_GREW + batch.turn_id for batch in batches] if self._signals.connected else []
        await self._journal.append(batches, self._owner, signals=told)
        for turn in turns:
            turn.journaled = reached.get(turn.id, turn.journaled)
        return more

    async def _end(self, turn: Turn) -> None:
        news = [JOURNAL_GREW + turn.id]
        if turn.truncated_at is None:
            async with turn.writing:
                while (last := _unwritten(turn)) is not None and turn.journaled + len(last.events) < len(turn.events):
                    await self._append([turn])
                await self._journal.end(turn.id, self._owner, turn.end, last=last, signals=news)
            return
        await self._journal.drop(turn.id, self._owner)
        if turn.reservation is not None:
            await self._keys.release(turn.id)
        await self._signals.publish(news)


def _unwritten(turn: Turn) -> Batch | None:
    """The events that the journal does not have yet, or the first of very long ones."""
    events = turn.events[turn.journaled :]
    if sum(map(len, events)) > _LARGE:
        events = events[: max(1, below(events, _LARGE))]
    return Batch(turn_id=turn.id, first=turn.journaled + 1, events=events) if events else None
