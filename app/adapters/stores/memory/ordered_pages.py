"""Ordered pages of values, with tombstones of removed ones."""

import bisect
import datetime as dt
from collections.abc import Iterator
from typing import Generic, TypeVar

from app.domain.clock import clock

Value = TypeVar("Value")
Position = tuple[dt.datetime, int]


class OrderedPages(Generic[Value]):
    """Values by id, ordered by (time, insertion); keeps the positions of removed values."""

    def __init__(self) -> None:
        self.values: dict[str, Value] = {}
        self._positions: dict[str, Position] = {}
        self._order: list[tuple[Position, str]] = []
        self._inserted = 0

    def put(self, key: str, value: Value, at: dt.datetime) -> None:
        """Insert, or replace in place."""
        if key not in self.values:
            self._inserted += 1
            self._positions[key] = (at, self._inserted)
            bisect.insort(self._order, (self._positions[key], key))
        self.values[key] = value

    def remove(self, key: str) -> None:
        """Remove a value; its position stays known. Raises `KeyError`."""
        del self.values[key]
        del self._order[bisect.bisect_left(self._order, (self._positions[key], key))]

    def position(self, key: str) -> Position:
        """The position of a present or removed value. Raises `KeyError`."""
        return self._positions[key]

    def knows(self, key: str) -> bool:
        """True for a present or removed value."""
        return key in self._positions

    def count(self, after: str | None, until: str) -> int:
        """The number of present values behind `after`, or from the first when it is None, up to and with `until`;
        0 when `until` comes before `after`."""
        start = 0 if after is None else bisect.bisect_right(self._order, (self._positions[after], after))
        return max(0, bisect.bisect_right(self._order, (self._positions[until], until)) - start)

    def behind(self, key: str | None, *, descending: bool = False) -> Iterator[Value]:
        """The values behind `key` in the given direction; all of them when it is None."""
        order = self._order
        if descending:
            stop = len(order) if key is None else bisect.bisect_left(order, (self._positions[key], key))
            return (self.values[order[index][1]] for index in range(stop - 1, -1, -1))
        start = 0 if key is None else bisect.bisect_right(order, (self._positions[key], key))
        return (self.values[order[index][1]] for index in range(start, len(order)))


def capped(limit: int, most: int) -> int:
    """`limit`, brought into 1..`most`."""
    return max(1, min(limit, most))


def in_utc(moment: dt.datetime) -> dt.datetime:
    """Convert `moment` to UTC; a naive one is read as local time."""
    return clock.in_utc(moment)
