"""Signals: publish/subscribe between replicas; small, quick, and not stored."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

Subscriber = Callable[[str], None]

SIGNAL_LIMIT = 7_000
"""Bytes of one signal; PostgreSQL carries less than 8,000: https://www.postgresql.org/docs/current/sql-notify.html"""


MISSED = "missed:"
"""Signal to the subscribers of one process that signals may have been lost: they read the full state."""


class Signals(ABC):
    """Publish/subscribe between all replicas, this one included.

    Signals are lost while the connection is; `MISSED` reports that after a reconnect. Subscribers therefore also poll.
    While a replica connects, its own signals may arrive twice.
    """

    @property
    @abstractmethod
    def connected(self) -> bool:
        """True while signals of other replicas arrive at once; otherwise they arrive within seconds."""

    @abstractmethod
    async def start(self) -> None:
        """Start receiving signals, in the background."""

    @abstractmethod
    async def publish(self, signals: Sequence[str]) -> None:
        """Publish signals in this order, each of at most `SIGNAL_LIMIT` bytes. Raises `StoreUnavailableError`."""

    @abstractmethod
    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Call `subscriber`, which must not block, for each signal; return a function that unsubscribes."""

    @abstractmethod
    async def aclose(self) -> None:
        """Stop receiving signals. Idempotent, also without `start`."""
