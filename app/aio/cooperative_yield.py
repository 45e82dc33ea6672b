"""Cooperative yield: long work on the event loop lets other tasks run in between."""

import asyncio
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

PIECE_BYTES: Final = 100_000
"""Bytes processed between two yields: a few milliseconds of work."""


class CooperativeYield:
    """Yields to the event loop each time another `PIECE_BYTES` are processed."""

    def __init__(self) -> None:
        self._size = 0

    async def after(self, size: int) -> None:
        """Count `size` bytes as processed, and yield to other tasks when a piece is full."""
        self._size += size
        if self._size > PIECE_BYTES:
            self._size = 0
            await asyncio.sleep(0)


def below(pieces: Sequence[bytes], size: int) -> int:
    """Return how many leading pieces have fewer than `size` bytes in total."""
    return bisect_left([*accumulate(map(len, pieces))], size)
