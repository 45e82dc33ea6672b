"""The time that all replicas share: this process's clock, set right by the storage's.

Ids and `created_at` order what several machines write, so they are stamped with one clock. It is the process's own
because a stamp must not cost a round trip, and one for the process as the machine's is.
"""

import datetime as dt
import time
from typing import Final

_SLACK: Final = 1_000_000
"""Nanoseconds: SQLite tells milliseconds."""


class SharedClock:
    """The process's clock plus a correction, which is 0 until the clock was `sync_to` another, and as long as both
    may show the same."""

    def __init__(self) -> None:
        self._correction = 0

    @property
    def correction(self) -> float:
        """Seconds that this process's clock is behind; less than 0 when it is ahead."""
        return self._correction / 1e9

    def sync_to(self, theirs: dt.datetime, *, asked: int, answered: int) -> None:
        """Take over the time `theirs`, which was read between `asked` and `answered`, by `time.time_ns`."""
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
        """The time in UTC."""
        return dt.datetime.now(dt.UTC) + self._off

    def in_utc(self, moment: dt.datetime) -> dt.datetime:
        """The same moment in UTC. One without an offset was read from this process's clock, as ChatKit does it, and is
        set right."""
        if moment.tzinfo is not None:
            return moment.astimezone(dt.UTC)
        return moment.astimezone(dt.UTC) + self._off

    @property
    def _off(self) -> dt.timedelta:
        return dt.timedelta(microseconds=self._correction // 1000)


clock: Final = SharedClock()
"""The clock of this process."""
