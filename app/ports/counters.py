"""Numbers that every replica adds to: requests of a minute, tokens of a day."""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Mapping


class Counters(ABC):
    """Sums by key, shared by all processes on one storage.

    The contract is `tests/contracts/test_counters.py`. A key belongs to one span of time, which its name says, so
    that nobody has to set it back.
    """

    @abstractmethod
    async def add(self, amounts: Mapping[str, int], *, keep: dt.timedelta) -> Mapping[str, int]:
        """Add to each key and return its new sum; an amount of 0 reads, and an unknown key starts at 0.

        No addition is lost, whoever else adds at the same time. So long after the latest call for a key it may be
        forgotten. Raises `StoreUnavailableError`, and has then added nothing, or all.
        """

    @abstractmethod
    async def forget(self) -> None:
        """Delete the keys that need not be kept any more."""
