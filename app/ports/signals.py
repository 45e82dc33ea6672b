"""Word from one replica to all: small, quick, and lost when nobody listens."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

Subscriber = Callable[[str], None]

SIGNAL_LIMIT = 7_000
"""Bytes of one signal; PostgreSQL carries less than 8,000: https://www.postgresql.org/docs/current/sql-notify.html"""


MISSED = "missed:"
"""Heard by the listeners of one process when signals of others may have been lost: they look at everything."""


class Signals(ABC):
    """Tells every replica, this one included. Whoever listens must be able to do without, by looking from time to
    time: signals are lost while the connection is, which `MISSED` tells when it is back."""

    @property
    @abstractmethod
    def connected(self) -> bool:
        """Whether signals of other replicas arrive at once just now; else they arrive within seconds."""

    @abstractmethod
    async def start(self) -> None:
        """Begin to listen, in the background."""

    @abstractmethod
    async def publish(self, signals: Sequence[str]) -> None:
        """Tell all listeners, in this order, each of at most `SIGNAL_LIMIT` bytes. Raises `StoreUnavailableError`."""

    @abstractmethod
    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Call `subscriber`, which must not block, for each signal; returns what ends that."""

    @abstractmethod
    async def aclose(self) -> None:
        """Stop listening. Safe to call twice, and without `start`."""
