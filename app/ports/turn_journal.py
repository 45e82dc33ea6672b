"""Turn journal: running turns with their leases, events and signals, shared by all replicas."""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Literal

import msgspec

TurnEnd = Literal["completed", "stopped", "interrupted"]
TurnSignal = Literal["stop", "pin", "yield"]

YIELD_SIGNAL_LASTS = dt.timedelta(seconds=5)
"""Duration of a yield signal: a message waits no longer than that."""

LONGEST_LEASE = dt.timedelta(minutes=2)
"""Upper bound of leases and queue positions. One that lasts longer was set before the storage's clock was set back, and
counts as expired."""


class TurnHead(msgspec.Struct, frozen=True, kw_only=True):
    """A turn in the journal, without its events. `end` is None while it runs.

    `stop`, `pinned` and `yield_requested` are signals: a user stopped the turn, came back for it, or waits for its
    thread with another message.
    """

    id: str
    thread_id: str
    user_id: str
    owner: str
    end: TurnEnd | None = None
    stop: bool = False
    pinned: bool = False
    yield_requested: bool = False


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive events of one turn, in the frames of the wire; `first` is the number of the first, from 1."""

    turn_id: str
    first: int
    events: Sequence[bytes]


class TooManyTurnsError(Exception):
    """The user reached the limit of running turns."""


class TurnJournal(ABC):
    """Turn journal: running turns with their events, and the last ended turn of each thread for a while.

    A process holds a lease on each turn it runs, and renews it by heartbeats. Another process may take over a turn
    whose lease expired. All times come from the storage's clock: callers pass durations, because their clocks differ.
    Entries are deleted with their thread. `signals` are published as by `Signals.publish`. Every method raises
    `StoreUnavailableError` while the database is unavailable. The contract is `tests/contracts/test_turn_journal.py`.
    """

    shared: bool
    """True when other machines may run turns on the same data. Only then idempotency keys and remote turns are used."""

    @abstractmethod
    def alive(self, owner: str) -> AbstractAsyncContextManager[None]:
        """Mark `owner` as alive for the length of the block.

        Where the storage detects dead processes by itself, an expired lease of a living owner does not allow a
        takeover, and its turns can be taken over as soon as the block ends.
        """

    @abstractmethod
    async def begin(self, turn: TurnHead, lease: dt.timedelta, *, at_most: int = 0) -> bool:
        """Enter a turn with a lease; False, without a change, while another one runs in the thread or precedes it.

        Turns queue in the order of their ids. Entering deletes the thread's earlier turns from the journal. Raises
        `chatkit.store.NotFoundError` when the thread is not the user's, and `TooManyTurnsError` when the user has
        `at_most` turns running in other threads. The limit holds for turns that begin in the same instant too; 0 is no
        limit.
        """

    @abstractmethod
    async def queue(self, turn_id: str, thread_id: str, lasts: dt.timedelta) -> None:
        """Hold a queue position: no turn with a greater id starts in the thread for `lasts`. Repeating extends it.

        Raises `chatkit.store.NotFoundError` for an unknown thread.
        """

    @abstractmethod
    async def leave_queue(self, turn_id: str) -> None:
        """Give up the queue position. Idempotent."""

    @abstractmethod
    async def append(self, batches: Sequence[Batch], owner: str, *, signals: Sequence[str] = ()) -> None:
        """Append events atomically, and publish `signals` once they are readable.

        Idempotent: a stored batch stays. Batches of a turn that is unknown or has another owner are skipped.
        """

    @abstractmethod
    async def renew(self, owner: str, lease: dt.timedelta) -> Mapping[str, TurnHead]:
        """Renew the leases of all turns that `owner` runs (heartbeat), and return them by id."""

    @abstractmethod
    async def end(
        self, turn_id: str, owner: str, end: TurnEnd, *, last: Batch | None = None, signals: Sequence[str] = ()
    ) -> None:
        """Append the `last` events and end the turn, atomically, if `owner` still runs it; then publish `signals`.

        One round trip while signals are connected. Idempotent.
        """

    @abstractmethod
    async def rewrite(self, turn_id: str, owner: str, batches: Sequence[Batch]) -> None:
        """Replace all stored events of the turn by `batches`, atomically, if `owner` runs it: withdrawn text must not
        be read. Idempotent."""

    @abstractmethod
    async def drop(self, turn_id: str, owner: str) -> None:
        """Delete the turn with its events, if `owner` runs it: truncated events must not be read. Idempotent."""

    @abstractmethod
    async def take_over(self, owner: str, lease: dt.timedelta) -> Sequence[TurnHead]:
        """Take over orphaned turns: the owner is detected as dead, or the lease expired and it is not known to live.

        Atomic: each turn goes to one caller only. The new lease lasts for `lease`.
        """

    @abstractmethod
    async def signal(self, thread_id: str, signal: TurnSignal) -> str | None:
        """Signal the owner of the thread's running turn; return the turn's id, None when none runs. Idempotent."""

    @abstractmethod
    async def latest(self, thread_id: str) -> TurnHead | None:
        """Return the running turn of the thread, else its last one while the journal has it."""

    @abstractmethod
    async def find(self, turn_id: str) -> TurnHead | None:
        """Return the turn of that id; None when the journal does not have it."""

    @abstractmethod
    async def events(self, turn_id: str, after: int, *, batches: int = 100) -> Sequence[bytes]:
        """Return the events behind number `after` in order, of at most `batches` batches."""

    @abstractmethod
    async def forget(self, age: dt.timedelta) -> None:
        """Delete turns that ended longer ago than `age`. Idempotent."""
