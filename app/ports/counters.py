"""Numbers that every replica adds to: requests of a minute, tokens of a day."""

import datetime as dt
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping

_KEY = re.compile(r"\w+:\d{4}-\d\d-\d\d(?P<minute>T\d\d:\d\d)?:(?P<owner>.*)", re.DOTALL)


def counts_for(key: str, user_id: str) -> bool:
    """True for a key of what this user did: `kind:day:ID` or `kind:minute:user:ID`. Ids may hold colons."""
    found = _KEY.fullmatch(key)
    return found is not None and found["owner"] == (f"user:{user_id}" if found["minute"] else user_id)


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
    async def erase(self, user_id: str) -> int:
        """Delete every key that counts for this user, see `counts_for`; returns how many there were."""

    @abstractmethod
    async def forget(self) -> None:
        """Delete the keys that need not be kept any more."""
