"""Signals within one process, for storages that one process has to itself."""

from collections.abc import Callable, Sequence

from app.ports.signals import Signals, Subscriber


class LocalSignals(Signals):
    """`Signals` by calling; there is nobody else to tell."""

    connected = True

    def __init__(self) -> None:
        self._subscribers: list[Subscriber] = []

    async def start(self) -> None:
        """Nothing to connect to."""

    async def publish(self, signals: Sequence[str]) -> None:
        for signal in signals:
            for subscriber in [*self._subscribers]:
                subscriber(signal)

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    async def aclose(self) -> None:
        """Nothing to close."""
