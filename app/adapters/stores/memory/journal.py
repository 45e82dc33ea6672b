"""Turn journal in dictionaries."""

import datetime as dt
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext

from chatkit.store import NotFoundError
from msgspec.structs import replace

from app.adapters.stores.memory.threads import MemoryThreadStore
from app.domain.identity import RequestContext
from app.ports.signals import Signals
from app.ports.turn_journal import (
    YIELD_SIGNAL_LASTS,
    Batch,
    TooManyTurnsError,
    TurnEnd,
    TurnHead,
    TurnJournal,
    TurnSignal,
)


class _Entry:
    def __init__(self, head: TurnHead, lease_until: float) -> None:
        self.head = head
        self.lease_until = lease_until
        self.ended_at: float | None = None
        self.wanted_until = 0.0
        self.batches: dict[int, Batch] = {}


class MemoryTurnJournal(TurnJournal):
    """`TurnJournal` with one entry per thread; leases use the monotonic clock."""

    shared = False

    def __init__(self, threads: MemoryThreadStore, signals: Signals) -> None:
        self._threads = threads
        self._signals = signals
        self._by_thread: dict[str, _Entry] = {}
        self._by_id: dict[str, _Entry] = {}
        self._queued: dict[str, tuple[str, float]] = {}

    def alive(self, owner: str) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    async def begin(self, turn: TurnHead, lease: dt.timedelta, *, at_most: int = 0) -> bool:
        self._threads.owned(turn.thread_id, RequestContext(user_id=turn.user_id))
        earlier = self._entry(turn.thread_id)
        if earlier is not None and earlier.head.end is None:
            return False
        if self._is_behind(turn):
            return False
        if earlier is not None:
            self._drop(earlier)
        heads = [entry.head for entry in self._entries()]
        if 0 < at_most <= sum(head.user_id == turn.user_id and head.end is None for head in heads):
            raise TooManyTurnsError
        self._by_thread[turn.thread_id] = self._by_id[turn.id] = _Entry(turn, _from_now(lease))
        return True

    async def queue(self, turn_id: str, thread_id: str, lasts: dt.timedelta) -> None:
        if not self._threads.has(thread_id):
            raise NotFoundError(f"Thread {thread_id} not found")
        self._queued[turn_id] = thread_id, _from_now(lasts)

    async def leave_queue(self, turn_id: str) -> None:
        self._queued.pop(turn_id, None)

    async def append(self, batches: Sequence[Batch], owner: str, *, signals: Sequence[str] = ()) -> None:
        for batch in batches:
            if (entry := self._run_by(owner, batch.turn_id)) is not None:
                entry.batches.setdefault(batch.first, batch)
        await self._signals.publish(signals)

    async def renew(self, owner: str, lease: dt.timedelta) -> Mapping[str, TurnHead]:
        own = [entry for entry in self._entries() if entry.head.owner == owner and entry.head.end is None]
        for entry in own:
            entry.lease_until = _from_now(lease)
        return {entry.head.id: _head_of(entry) for entry in own}

    async def end(
        self, turn_id: str, owner: str, end: TurnEnd, *, last: Batch | None = None, signals: Sequence[str] = ()
    ) -> None:
        await self.append([last] if last else [], owner)
        if (entry := self._run_by(owner, turn_id)) is not None:
            entry.head = replace(entry.head, end=end)
            entry.ended_at = time.monotonic()
        await self._signals.publish(signals)

    async def rewrite(self, turn_id: str, owner: str, batches: Sequence[Batch]) -> None:
        if (entry := self._run_by(owner, turn_id)) is not None:
            entry.batches = {batch.first: batch for batch in batches}

    async def drop(self, turn_id: str, owner: str) -> None:
        entry = self._find(turn_id)
        if entry is not None and entry.head.owner == owner:
            self._drop(entry)

    async def take_over(self, owner: str, lease: dt.timedelta) -> Sequence[TurnHead]:
        running = [entry for entry in self._entries() if entry.head.end is None and entry.head.owner != owner]
        left = [entry for entry in running if entry.lease_until <= time.monotonic()]
        for entry in left:
            entry.head, entry.lease_until = replace(entry.head, owner=owner), _from_now(lease)
        return [_head_of(entry) for entry in left]

    async def signal(self, thread_id: str, signal: TurnSignal) -> str | None:
        entry = self._entry(thread_id)
        if entry is None or entry.head.end is not None:
            return None
        head = entry.head
        match signal:
            case "stop":
                entry.head = replace(head, stop=True)
            case "pin":
                entry.head = replace(head, pinned=True)
            case "yield":
                entry.wanted_until = _from_now(YIELD_SIGNAL_LASTS)
        return head.id

    async def latest(self, thread_id: str) -> TurnHead | None:
        entry = self._entry(thread_id)
        return _head_of(entry) if entry else None

    async def find(self, turn_id: str) -> TurnHead | None:
        return next((_head_of(entry) for entry in self._entries() if entry.head.id == turn_id), None)

    async def events(self, turn_id: str, after: int, *, batches: int = 100) -> Sequence[bytes]:
        entry = self._find(turn_id)
        found = sorted(entry.batches.values(), key=lambda batch: batch.first) if entry else []
        behind = [batch for batch in found if batch.first + len(batch.events) - 1 > after][:batches]
        return [event for batch in behind for event in batch.events[max(0, after - batch.first + 1) :]]

    async def forget(self, age: dt.timedelta) -> None:
        for entry in self._entries():
            if entry.ended_at is not None and entry.ended_at <= _from_now(-age):
                self._drop(entry)

    def _is_behind(self, turn: TurnHead) -> bool:
        now = time.monotonic()
        queued = [(key, until) for key, (thread_id, until) in self._queued.items() if thread_id == turn.thread_id]
        return any(key < turn.id and until > now for key, until in queued)

    def _entries(self) -> list[_Entry]:
        return [entry for key in list(self._by_thread) if (entry := self._entry(key)) is not None]

    def _find(self, turn_id: str) -> _Entry | None:
        entry = self._by_id.get(turn_id)
        return entry and self._entry(entry.head.thread_id)

    def _run_by(self, owner: str, turn_id: str) -> _Entry | None:
        entry = self._find(turn_id)
        return entry if entry is not None and entry.head.owner == owner and entry.head.end is None else None

    def _entry(self, thread_id: str) -> _Entry | None:
        """The entry of a thread; dropped when the thread was deleted."""
        entry = self._by_thread.get(thread_id)
        if entry is not None and not self._threads.has(thread_id):
            self._drop(entry)
            return None
        return entry

    def _drop(self, entry: _Entry) -> None:
        self._by_thread.pop(entry.head.thread_id, None)
        self._by_id.pop(entry.head.id, None)


def _from_now(span: dt.timedelta) -> float:
    return time.monotonic() + span.total_seconds()


def _head_of(entry: _Entry) -> TurnHead:
    return replace(entry.head, yield_requested=entry.wanted_until > time.monotonic())
