"""Bounded upload: a stream of pieces, counted and limited while it is stored."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

from app.application.attachments.sniffing import HEAD_BYTES
from app.domain.errors import AnyportError, InvalidInputError
from app.domain.language import _


class IncompleteError(InvalidInputError):
    """Fewer bytes than announced: the connection was lost, and the client may retry."""


class BoundedUpload:
    """The pieces of one file, iterated once, each after `reserve` was called with the bytes so far.

    Iteration raises `too_large` beyond `limit` bytes, and with `exactly` `IncompleteError` below it, so that no such
    file is stored.
    """

    def __init__(
        self,
        content: AsyncIterator[bytes],
        *,
        limit: int,
        too_large: AnyportError,
        reserve: Callable[[int], Awaitable[None]],
        exactly: bool = False,
    ) -> None:
        self.size = 0
        self._content = content
        self._limit = limit
        self._too_large = too_large
        self._reserve = reserve
        self._exactly = exactly
        self._waiting: list[bytes] = []

    async def head(self) -> bytes:
        """The first `HEAD_BYTES` bytes, or all of a shorter file; iteration yields them as well."""
        while sum(map(len, self._waiting)) < HEAD_BYTES:
            piece = await anext(self._content, None)
            if piece is None:
                break
            self._waiting.append(piece)
        return b"".join(self._waiting)[:HEAD_BYTES]

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        """The pieces of the file. Raises as the class says."""
        while self._waiting:
            yield await self._counted(self._waiting.pop(0))
        async for piece in self._content:
            yield await self._counted(piece)
        if self._exactly and self.size < self._limit:
            raise IncompleteError(_("The file did not arrive as a whole."))

    async def _counted(self, piece: bytes) -> bytes:
        self.size += len(piece)
        if self.size > self._limit:
            raise self._too_large
        await self._reserve(self.size)
        return piece
