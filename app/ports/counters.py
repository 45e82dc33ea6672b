"""Counters shared by all replicas: requests of a minute, tokens of a day."""

import datetime as dt
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping

_KEY = re.compile(r"\w+:\d{4}-\d\d-\d\d(?P<minute>T\d\d:\d\d)?:(?P<owner>.*)", re.DOTALL)


def counts_for(key: str, user_id: str) -> bool:
    """Return True for a key of this user: `kind:day:ID` or `kind:minute:user:ID`. Ids may contain colons."""
    found = _KEY.fullmatch(key)
    return found is not None and found["owner"] == (f"user:{user_id}" if found["minute"] else user_id)


class Counters(ABC):
    """Counters: sums by key, shared by all processes on one storage.

    The contract is `tests/contracts/test_counters.py`. A key's name contains its period, so
    that no counter is ever reset.
    """

    @abstractmethod
    async def add(self, amounts: Mapping[str, int], *, keep: dt.timedelta) -> Mapping[str, int]:
        """Add to each key and return its new sum; an amount of 0 reads, and an unknown key starts at 0.

        Atomic: concurrent additions are all counted. A key may be deleted once `keep` has passed since its latest call.
        Raises `StoreUnavailableError`; then either nothing or everything was added.
        """

    @abstractmethod
    async def erase(self, user_id: str) -> int:
        """Delete every key of this user, see `counts_for`; return their number. Idempotent."""

    @abstractmethod
    async def forget(self) -> None:
        """Delete expired keys. Idempotent."""
