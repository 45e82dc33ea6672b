"""Garbage collection in quiet moments: a full collection pauses every stream, so it waits until no turn runs.

Reference counting frees nearly all of an answer; some 50 objects are left in cycles. By default, Python collects
all generations whenever the number of objects has grown by a quarter: with 200 answers at once a tenth of a second, six
times in a minute, and a fifth of all CPU time with its smaller collections. https://docs.python.org/3/library/gc.html
"""

import asyncio
import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from app.patches.register import GARBAGE_COLLECTION

YOUNG: Final = 1_500
"""Objects made and not freed before the youngest generation is collected, which takes a few milliseconds."""

MIDDLE: Final = 2
"""Collections of the youngest generation before the middle one is collected."""

_NEVER: Final = 2**30

CHECK_SECONDS: Final = 5.0

SOME: Final = 5
"""Collections of the middle generation after which a quiet moment is used for a full collection."""

MUCH: Final = 100
"""Collections of the middle generation after which a full collection does not wait for a quiet moment: half a million
objects may have piled up, a hundredth of that as a rule. With many answers at once it takes a tenth of a second."""

A_LIBRARY: Final = 20
"""New modules that mean a library was imported: MCP's 50,000 objects alone take 30 ms to collect."""


def fits() -> bool:
    """True when this Python can freeze objects, and counts three generations."""
    return hasattr(gc, "freeze") and len(gc.get_threshold()) == len(gc.get_count()) == 3


@contextmanager
def uncollected() -> Iterator[None]:
    """Collect nothing within the block, and freeze the objects that it leaves: no later collection visits them.

    A full collection of all objects of the libraries takes a tenth of a second, in which no token moves.
    """
    if not GARBAGE_COLLECTION.is_applied():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


async def collect_in_quiet(busy: Callable[[], bool], *, every: float = CHECK_SECONDS) -> None:
    """Run full collections only while `busy` is false, or when one must not wait; checks `every` few seconds.

    Objects that live now are frozen, and so are those of a library that is imported later; garbage in cycles among
    them is never freed. Python's own thresholds return when this is cancelled. Returns at once if it is not applied.
    """
    if not GARBAGE_COLLECTION.is_applied():
        return
    before = gc.get_threshold()
    gc.set_threshold(YOUNG, MIDDLE, _NEVER)
    settled = 0
    try:
        while True:
            if len(sys.modules) >= settled + A_LIBRARY:
                settled = len(sys.modules)
                gc.freeze()  # This resets the counts too: new objects are not visited even once.
            since = gc.get_count()[2]
            if since >= MUCH or (since >= SOME and not busy()):
                gc.collect()
            await asyncio.sleep(every)
    finally:
        gc.set_threshold(*before)
