"""Shared clock of all replicas: this process's clock, corrected by the storage's.

Ids and `created_at` order the rows of several machines, so they come from one clock. Reading it costs no round trip.
"""

import datetime as dt
import time
from typing import Final

_SLACK: Final = 1_000_000
"""Nanoseconds: SQLite's clock has milliseconds."""


class SharedClock:
    """Shared clock: the process's clock plus a correction, which `sync_to` changes by as little as possible."""

    def __init__(self) -> None:
        self._correction = 0

    @property
    def correction(self) -> float:
        """Seconds by which this process's clock is behind; negative when it is ahead."""
        return self._correction / 1e9

    def sync_to(self, theirs: dt.datetime, *, asked: int, answered: int) -> None:
        """Correct the clock by `theirs`, which was read between `asked` and `answered` (both `time.time_ns`)."""
        shown = int(theirs.timestamp() * 1e6) * 1000
        least, most = shown - answered - _SLACK, shown - asked + _SLACK
        self._correction = min(max(self._correction, least), most)

    def time_ns(self) -> int:
        """Nanoseconds since 1970."""
        return time.time_ns() + self._correction

    def time(self) -> float:
        """Seconds since 1970."""
        return self.time_ns() / 1e9

    def now(self) -> dt.datetime:
        """Return the time in UTC."""
        return dt.datetime.now(dt.UTC) + self._off

    def in_utc(self, moment: dt.datetime) -> dt.datetime:
        """Return the moment in UTC. A naive one comes from this process's clock, as ChatKit's do, and is corrected."""
        if moment.tzinfo is not None:
            return moment.astimezone(dt.UTC)
        return moment.astimezone(dt.UTC) + self._off

    @property
    def _off(self) -> dt.timedelta:
        return dt.timedelta(microseconds=self._correction // 1000)


clock: Final = SharedClock()
"""The clock of this process."""
