"""Signals within one process, for storages that one process uses alone."""

from collections.abc import Callable, Sequence

from app.ports.signals import Signals, Subscriber


class LocalSignals(Signals):
    """`Signals` by direct calls of the subscribers."""

    connected = True

    def __init__(self) -> None:
        self._subscribers: list[Subscriber] = []

    async def start(self) -> None:
        """Do nothing: there is no connection."""

    async def publish(self, signals: Sequence[str]) -> None:
        for signal in signals:
            for subscriber in [*self._subscribers]:
                subscriber(signal)

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    async def aclose(self) -> None:
        """Do nothing: there is no connection."""
