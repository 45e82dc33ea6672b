"""Signals within one process, for storages that one process has to itself."""

from collections.abc import Callable, Sequence

from app.ports.signals import Listener, Signals


class LocalSignals(Signals):
    """`Signals` by calling; there is nobody else to tell."""

    heard = True

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    async def start(self) -> None:
        """Nothing to connect to."""

    async def send(self, signals: Sequence[str]) -> None:
        for signal in signals:
            for listener in [*self._listeners]:
                listener(signal)

    def listen(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def aclose(self) -> None:
        """Nothing to close."""
