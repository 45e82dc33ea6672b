"""When Python looks for garbage, which is a pause for every stream: not in the middle of answers.

Reference counting frees nearly all of an answer; what is left in cycles is some 50 objects. Left to itself, Python
looks at everything that lives whenever that has grown by a quarter: with 200 answers at once a tenth of a second, six
times in a minute, and a fifth of all CPU time with its smaller looks. https://docs.python.org/3/library/gc.html
"""

import asyncio
import gc
import sys
from collections.abc import Callable
from typing import Final, NoReturn

YOUNG: Final = 1_500
"""Objects made and not freed before the youngest are looked at: a few milliseconds."""

MIDDLE: Final = 2
"""So many looks at the youngest before those that survived one are looked at."""

_NEVER: Final = 2**30

LOOK_SECONDS: Final = 5.0

SOME: Final = 5
"""Looks at the middle ones since the last at everything: what a quiet moment is used for."""

MUCH: Final = 100
"""That many, and it cannot wait for one: half a million objects may have piled up, a hundredth of that as a rule.
Rarely, for with many answers at once all that lives takes a tenth of a second to look at."""

A_LIBRARY: Final = 20
"""So many modules more, and a library was imported: MCP's 50,000 objects alone take 30 ms to look at."""


async def collected_in_quiet(busy: Callable[[], bool], *, every: float = LOOK_SECONDS) -> NoReturn:
    """From now on everything is looked at only while nobody is `busy`, or when it must be; asks `every` few seconds.

    What lives now is taken to stay for good, and what lives when a further library has been imported. The little that
    was in cycles at that moment is never freed. When this ends, Python decides again.
    """
    before = gc.get_threshold()
    gc.set_threshold(YOUNG, MIDDLE, _NEVER)
    settled = 0
    try:
        while True:
            if len(sys.modules) >= settled + A_LIBRARY:
                settled = len(sys.modules)
                gc.freeze()  # Which counts anew, too: what has just come is not looked at even once.
            since = gc.get_count()[2]
            if since >= MUCH or (since >= SOME and not busy()):
                gc.collect()
            await asyncio.sleep(every)
    finally:
        gc.set_threshold(*before)
