"""One database, and the stores that live in it."""

import datetime as dt
from abc import ABC, abstractmethod
from typing import Literal

import msgspec

from app.ports.counters import Counters
from app.ports.file_ledger import FileLedger
from app.ports.idempotency_keys import IdempotencyKeys
from app.ports.signals import Signals
from app.ports.task_repository import TaskRepository
from app.ports.thread_store import ThreadStore
from app.ports.turn_journal import TurnJournal
from app.ports.turn_log import TurnLog


class SchemaStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The migration that a database stands at, None for an empty one, and the one that this code needs."""

    current: str | None
    needed: str

    @property
    def state(self) -> Literal["current", "behind", "ahead"]:
        """How the database relates to this code; migrations are numbered in their order."""
        if self.current == self.needed:
            return "current"
        return "behind" if self.current is None or self.current < self.needed else "ahead"


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a user was deleted; `is_recent` when a server may have been at work for them just now."""

    threads: int
    tasks: int
    is_recent: bool = False


class Storage(ABC):
    """A place to keep everything, opened at start and closed at stop; `app.adapters.stores` picks one by URL.

    Building one does no I/O; the stores may be used between `start` and `aclose`.
    """

    name: str
    """As `/health` and the start-up log call it: `memory`, `sqlite`, `postgresql`."""

    location: str
    """For the operator's eyes: where it is, such as `sqlite:data/anyport.db`; never with a password."""

    threads: ThreadStore
    tasks: TaskRepository
    turn_log: TurnLog
    journal: TurnJournal
    idempotency_keys: IdempotencyKeys
    signals: Signals
    counters: Counters
    files: FileLedger

    @abstractmethod
    async def start(self) -> None:
        """Connect, and see that the schema is the one this code was written for.

        Raises `StoreUnavailableError` when the database does not answer, and `SchemaError` when it has another
        schema; the message says which command mends it.
        """

    @abstractmethod
    async def check(self) -> None:
        """One cheap round trip; after a failure, one that writes, until it succeeds. Raises `StoreUnavailableError`."""

    @abstractmethod
    async def check_writing(self) -> None:
        """Write something small and delete it again. Raises `StoreUnavailableError`."""

    @abstractmethod
    async def now(self) -> dt.datetime:
        """The clock that all processes on the storage share, in UTC. One cheap round trip. Raises
        `StoreUnavailableError`."""

    @abstractmethod
    async def sweep(self, age: dt.timedelta, *, batch: int = 100) -> int:
        """Delete threads that got their last item, or without items began, longer ago than `age`, and all that is
        theirs.

        Takes at most `batch` of them, the oldest first, and returns how many; 0 means that none is left. Safe to run
        in several processes at once.
        """

    @abstractmethod
    async def purge_tombstones(self, age: dt.timedelta) -> None:
        """Let go of what was kept only because a cursor may name it, of all that was deleted longer ago than `age`.

        Such a cursor may from then on be as unknown as one that never existed.
        """

    @abstractmethod
    async def erase(self, user_id: str) -> Erasure:
        """Delete everything of one user: threads with all that is theirs, attachments, tasks, counters, stored
        responses, and their traces. No row names the user afterwards.

        Works in small steps, so that others need not wait; after an interruption call it again.
        """

    @abstractmethod
    async def scrub(self, *, thorough: bool = False) -> None:
        """Remove what the database's own files still hold of deleted text, as far as they are ours; `thorough` writes
        them anew, which takes as much room again and keeps writers waiting. Safe to repeat.

        Raises `StoreUnavailableError` while another process keeps it from that.
        """

    @abstractmethod
    async def aclose(self) -> None:
        """Close every connection. Safe to call twice, and without `start`."""
