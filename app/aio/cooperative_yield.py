"""Much work on the event loop, in pieces."""

import asyncio
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

PIECE_BYTES: Final = 100_000
"""So much is read or written before others may go on: a few milliseconds."""


class CooperativeYield:
    """Lets others go on whenever another `PIECE_BYTES` were worked on."""

    def __init__(self) -> None:
        self._size = 0

    async def after(self, size: int) -> None:
        """So many bytes were worked on."""
        self._size += size
        if self._size > PIECE_BYTES:
            self._size = 0
            await asyncio.sleep(0)


def below(pieces: Sequence[bytes], size: int) -> int:
    """How many of the first pieces come to less than `size` together."""
    return bisect_left([*accumulate(map(len, pieces))], size)
