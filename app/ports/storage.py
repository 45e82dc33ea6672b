"""Storage: one database and its stores."""

import datetime as dt
from abc import ABC, abstractmethod
from typing import Literal

import msgspec

from app.ports.approval_log import ApprovalLog
from app.ports.counters import Counters
from app.ports.file_ledger import FileLedger
from app.ports.idempotency_keys import IdempotencyKeys
from app.ports.signals import Signals
from app.ports.task_repository import TaskRepository
from app.ports.thread_store import ThreadStore
from app.ports.thread_summaries import ThreadSummaries
from app.ports.turn_journal import TurnJournal
from app.ports.turn_log import TurnLog


class SchemaStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Schema status: the database's migration, None for an empty one, and the migration that this code needs."""

    current: str | None
    needed: str

    @property
    def state(self) -> Literal["current", "behind", "ahead"]:
        """The database's schema compared with this code; migrations are numbered in their order."""
        if self.current == self.needed:
            return "current"
        return "behind" if self.current is None or self.current < self.needed else "ahead"


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """Result of an erasure; `is_recent` when a server may still write for the user."""

    threads: int
    tasks: int
    is_recent: bool = False


class Storage(ABC):
    """Storage with all stores, opened at start and closed at stop; `app.adapters.stores` chooses one by URL.

    Construction does no I/O; the stores are usable between `start` and `aclose`.
    """

    name: str
    """Name in `/health` and the start-up log: `memory`, `sqlite`, `postgresql`."""

    location: str
    """Location for the operator, such as `sqlite:data/anyport.db`; contains no password."""

    threads: ThreadStore
    tasks: TaskRepository
    turn_log: TurnLog
    approvals: ApprovalLog
    summaries: ThreadSummaries
    journal: TurnJournal
    idempotency_keys: IdempotencyKeys
    signals: Signals
    counters: Counters
    files: FileLedger

    @abstractmethod
    async def start(self) -> None:
        """Connect, and check that the schema is the one that this code needs.

        Raises `StoreUnavailableError` when the database does not answer, and `SchemaError` when it has another
        schema; the message names the command to run.
        """

    @abstractmethod
    async def check(self) -> None:
        """Check the database: one cheap round trip, or a write after a failure. Raises `StoreUnavailableError`."""

    @abstractmethod
    async def check_writing(self) -> None:
        """Write a small row and delete it. Raises `StoreUnavailableError`."""

    @abstractmethod
    async def now(self) -> dt.datetime:
        """Return the time of the storage's clock in UTC. One cheap round trip. Raises `StoreUnavailableError`."""

    @abstractmethod
    async def sweep(self, age: dt.timedelta, *, batch: int = 100) -> int:
        """Delete threads, with all their data, whose last item (or creation, without items) is older than `age`.

        Deletes at most `batch`, the oldest first, and returns their number; 0 means that none is left. Safe in several
        processes at once.
        """

    @abstractmethod
    async def purge_tombstones(self, age: dt.timedelta) -> None:
        """Delete the tombstones of items and threads that were deleted longer ago than `age`.

        A cursor that names one is afterwards as unknown as one that never existed. Idempotent.
        """

    @abstractmethod
    async def erase(self, user_id: str) -> Erasure:
        """Erase one user: threads with all their data, attachments, tasks, counters, stored responses and traces.

        No row names the user afterwards. Works in small transactions, so that it blocks no other writer. Idempotent:
        after an interruption call it again.
        """

    @abstractmethod
    async def scrub(self, *, thorough: bool = False) -> None:
        """Remove deleted text from the database's own files, as far as this server manages them.

        `thorough` rewrites the files, which needs their size again on disk and blocks writers. Idempotent. Raises
        `StoreUnavailableError` while another process prevents it.
        """

    @abstractmethod
    async def aclose(self) -> None:
        """Close every connection. Idempotent, also without `start`."""
