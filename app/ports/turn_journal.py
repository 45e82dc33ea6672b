"""Turns under way, as every replica sees them: who runs which, what was said so far, and what is wished of it."""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Literal

import msgspec

TurnEnd = Literal["completed", "stopped", "interrupted"]
TurnSignal = Literal["stop", "pin", "yield"]

YIELD_SIGNAL_LASTS = dt.timedelta(seconds=5)
"""How long the wish holds that a turn which nobody follows gives way: whoever had it does not wait longer."""

LONGEST_LEASE = dt.timedelta(minutes=2)
"""No lease, and no place in a queue, comes near it. One that lasts longer was given before the storage's clock was put
back."""


class TurnHead(msgspec.Struct, frozen=True, kw_only=True):
    """A turn in the journal. `end` is None while it runs; `stop` and `keep` are wishes that somebody expressed,
    and while it is `wanted` somebody waits for the thread."""

    id: str
    thread_id: str
    user_id: str
    owner: str
    end: TurnEnd | None = None
    stop: bool = False
    pinned: bool = False
    yield_requested: bool = False


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive events of one turn, as they go over the wire; `first` is the number of the first, from 1."""

    turn_id: str
    first: int
    events: Sequence[bytes]


class TooManyTurnsError(Exception):
    """The user has as many turns running as one user may."""


class TurnJournal(ABC):
    """Running turns and their events, and those of each thread's last turn for a while.

    A process that runs a turn holds a lease on it and renews it; a turn whose lease has run out may be claimed by
    any other. All times are read from the storage's clock: callers pass durations, for their clocks differ. The
    contract is `tests/contracts/test_turn_journal.py`. Entries go with their thread. What goes with
    `signals` tells them as `Signals.send` does. Raises
    `StoreUnavailableError` while the database cannot do its work.
    """

    shared: bool
    """Whether other machines may run turns on the same data: only there requests are claimed, and turns of others are
    looked for at each step."""

    @abstractmethod
    def alive(self, owner: str) -> AbstractAsyncContextManager[None]:
        """For the length of the block `owner` is alive. Where the storage can see that by itself, no lease that ran out
        lets anybody claim its turns meanwhile, and afterwards they can be claimed at once."""

    @abstractmethod
    async def begin(self, turn: TurnHead, lease: dt.timedelta, *, at_most: int = 0) -> bool:
        """Enter a turn, unless another one runs in its thread, or one with a lesser id stands in its queue: then
        nothing is changed, and the answer is False.

        What was kept of earlier turns of the thread goes. Raises `chatkit.store.NotFoundError` when the thread is not
        that user's, and `TooManyTurnsError` when the user has `at_most` turns running in other threads; 0 is no limit,
        and of turns that begin in the same instant one more may pass.
        """

    @abstractmethod
    async def queue(self, turn_id: str, thread_id: str, lasts: dt.timedelta) -> None:
        """Let no turn with a greater id begin in the thread for so long. Repeating it moves the end.

        Raises `chatkit.store.NotFoundError` when there is no such thread.
        """

    @abstractmethod
    async def leave_queue(self, turn_id: str) -> None:
        """Hold up nobody any more. Safe to repeat."""

    @abstractmethod
    async def append(self, batches: Sequence[Batch], owner: str, *, signals: Sequence[str] = ()) -> None:
        """Add events, all or none, and tell `signals` to whoever can read them now. Idempotent: a batch that is there
        already stays. Batches of a turn that is gone, or that `owner` does not run any more, are left out."""

    @abstractmethod
    async def renew(self, owner: str, lease: dt.timedelta) -> Mapping[str, TurnHead]:
        """Renew the leases of all turns that `owner` runs, and return them by id."""

    @abstractmethod
    async def end(
        self, turn_id: str, owner: str, end: TurnEnd, *, last: Batch | None = None, signals: Sequence[str] = ()
    ) -> None:
        """Add the turn's `last` events and note that it is over, if `owner` still runs it, both or neither; then tell
        `signals`. One round trip while signals are heard. Safe to repeat."""

    @abstractmethod
    async def drop(self, turn_id: str, owner: str) -> None:
        """Forget the turn with its events, if `owner` runs it: nobody shall read what was cut off."""

    @abstractmethod
    async def take_over(self, owner: str, lease: dt.timedelta) -> Sequence[TurnHead]:
        """Take over running turns of others that are dead: that are seen to be so, or whose lease has run out and that
        are not seen to be alive. Each turn goes to one claimant only."""

    @abstractmethod
    async def signal(self, thread_id: str, signal: TurnSignal) -> str | None:
        """Leave word for whoever runs the thread's turn; the id of that turn, None when none runs."""

    @abstractmethod
    async def latest(self, thread_id: str) -> TurnHead | None:
        """The turn that runs in the thread, else the last one that did, if it is still known."""

    @abstractmethod
    async def find(self, turn_id: str) -> TurnHead | None:
        """The turn of that id, if it is still known."""

    @abstractmethod
    async def events(self, turn_id: str, after: int, *, batches: int = 100) -> Sequence[bytes]:
        """The events behind number `after`, those of at most `batches` batches, in order."""

    @abstractmethod
    async def forget(self, age: dt.timedelta) -> None:
        """Let go of turns that ended that long ago."""
