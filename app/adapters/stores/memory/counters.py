"""Counters in a dictionary."""

import datetime as dt
import time
from collections.abc import Mapping

from app.ports.counters import Counters, counts_for


class MemoryCounters(Counters):
    """`Counters` of this process."""

    def __init__(self) -> None:
        self._sums: dict[str, tuple[int, float]] = {}

    async def add(self, amounts: Mapping[str, int], *, keep: dt.timedelta) -> Mapping[str, int]:
        keep_until = time.monotonic() + keep.total_seconds()
        for key, amount in amounts.items():
            self._sums[key] = (self._sums.get(key, (0,))[0] + amount, keep_until)
        return {key: self._sums[key][0] for key in amounts}

    async def erase(self, user_id: str) -> int:
        own = [key for key in self._sums if counts_for(key, user_id)]
        for key in own:
            del self._sums[key]
        return len(own)

    async def forget(self) -> None:
        now = time.monotonic()
        self._sums = {key: entry for key, entry in self._sums.items() if entry[1] >= now}
