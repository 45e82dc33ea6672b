"""The log of connections that the server aborted: a line for the first, and sums of the later ones."""

import asyncio
import contextvars
from collections import Counter

import structlog

log = structlog.get_logger(__name__)


class AbortedConnections:
    """Counts aborted connections by reason, and logs at most one line in `interval` seconds."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._counted: Counter[str] = Counter()
        self._last: str | None = None
        self._timer: asyncio.TimerHandle | None = None

    def count(self, reason: str, client: tuple[str, int] | None) -> None:
        """Count one aborted connection, and note the address of its client."""
        self._counted[reason] += 1
        self._last = client[0] if client else None
        if self._timer is None:
            self._timer = self._schedule(0)

    def _schedule(self, seconds: float) -> asyncio.TimerHandle:
        # A fresh context: the line is about many connections and must not carry the id of one request.
        return asyncio.get_running_loop().call_later(seconds, self._write, context=contextvars.Context())

    def _write(self) -> None:
        self._timer = None
        if not self._counted:
            return
        log.warning(
            "connections aborted",
            connections=self._counted.total(),
            reasons=dict(self._counted),
            last_address=self._last,
        )
        self._counted.clear()
        self._timer = self._schedule(self._interval)
