"""One database, and the stores that live in it."""

from abc import ABC, abstractmethod
from typing import ClassVar

from app.ports.task_repository import TaskRepository
from app.ports.thread_store import ThreadStore
from app.ports.turn_log import TurnLog


class Storage(ABC):
    """A place to keep everything, opened at start and closed at stop; `app.adapters.stores` picks one by URL.

    Building one does no I/O; the stores may be used between `start` and `aclose`.
    """

    name: ClassVar[str]
    """As `/health` and the start-up log call it: `memory`, `sqlite`, `postgresql`."""

    location: str
    """For the operator's eyes: where it is, such as `sqlite:data/anyport.db`; never with a password."""

    threads: ThreadStore
    tasks: TaskRepository
    turn_log: TurnLog

    @abstractmethod
    async def start(self) -> None:
        """Connect, and see that the schema is the one this code was written for.

        Raises `StoreUnavailableError` when the database does not answer, and `SchemaError` when it has another
        schema; the message says which command mends it.
        """

    @abstractmethod
    async def check(self) -> None:
        """One cheap round trip. Raises `StoreUnavailableError`."""

    @abstractmethod
    async def aclose(self) -> None:
        """Close every connection. Safe to call twice, and without `start`."""
