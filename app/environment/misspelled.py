"""Unread variables, each with the setting that was probably meant."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Final

import msgspec

LONG: Final = 8
"""Length from which a name may have two wrong letters; in a shorter name they would make another word."""

_ALIKE: Final = 0.75


class Unread(msgspec.Struct, frozen=True):
    """An unread variable; `meant` is the setting that it resembles, or empty."""

    name: str
    meant: str


class Recorded(Mapping[str, str]):
    """An environment that records the names that were read, including those that `MCP_SERVERS` refers to."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.read.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def misspelled(names: Iterable[str], known: Collection[str]) -> Iterator[Unread]:
    """Find the `names` that resemble one of `known`: with missing, doubled, wrong or swapped letters, in lower case, or
    with hyphens."""
    for name in sorted(set(names).difference(known)):
        shape = name.upper().replace("-", "_")
        slips = 2 if len(shape) >= LONG else 1
        near = [(distance, one) for one in known if (distance := _distance(shape, one, slips)) <= slips]
        if near:
            yield Unread(name, min(near)[1])


def unread_of_file(names: Iterable[str], known: Collection[str]) -> Iterator[Unread]:
    """Find all `names` that are not `known`: a file of settings contains only settings."""
    for name in sorted(set(names).difference(known)):
        [*near] = misspelled([name], known)
        alike = get_close_matches(name.upper(), sorted(known), n=1, cutoff=_ALIKE)
        yield near[0] if near else Unread(name, alike[0] if alike else "")


def _distance(one: str, other: str, most: int) -> int:
    """Edit distance with swaps of neighbours; any number above `most` for a larger distance."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if last and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most and min(before) > most:  # The distance can only grow, also by swaps.
            return most + 1
    return row[-1]
