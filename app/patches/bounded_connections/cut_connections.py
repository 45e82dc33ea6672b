"""The log of connections that the server cut: a line for the first, and sums of those that follow."""

import asyncio
import contextvars
from collections import Counter

import structlog

log = structlog.get_logger(__name__)


class CutConnections:
    """Counts cuts by reason. At most one line is logged in `interval` seconds, however many clients attack."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._counted: Counter[str] = Counter()
        self._last: str | None = None
        self._pause: asyncio.TimerHandle | None = None

    def count(self, reason: str, client: tuple[str, int] | None) -> None:
        """Note one cut, and the address of the client."""
        self._counted[reason] += 1
        self._last = client[0] if client else None
        if self._pause is None:
            self._pause = self._later(0)

    def _later(self, seconds: float) -> asyncio.TimerHandle:
        # A cut happens in the context of a request, whose id does not belong into a line about all.
        return asyncio.get_running_loop().call_later(seconds, self._write, context=contextvars.Context())

    def _write(self) -> None:
        self._pause = None
        if not self._counted:
            return
        log.warning(
            "connections were cut",
            connections=self._counted.total(),
            reasons=dict(self._counted),
            last_address=self._last,
        )
        self._counted.clear()
        self._pause = self._later(self._interval)
