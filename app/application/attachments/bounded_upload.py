"""A file while it arrives: looked at, counted, and passed on piece by piece."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

from app.application.attachments.sniffing import HEAD_BYTES
from app.domain.errors import AnyportError, InvalidInputError
from app.domain.language import _


class IncompleteError(InvalidInputError):
    """Fewer bytes than were announced: the connection broke, and the client may send them again."""


class Arrival:
    """The pieces of one file. Iterating raises `too_large` at the first byte behind `limit`, and with `exactly`
    `IncompleteError` when it ends before; so nothing of such a file is stored. No piece is passed on before `reserve`
    was told how many bytes there are with it."""

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
        """The first bytes, at least `HEAD_BYTES` if there are as many; they are passed on all the same."""
        while sum(map(len, self._waiting)) < HEAD_BYTES:
            piece = await anext(self._content, None)
            if piece is None:
                break
            self._waiting.append(piece)
        return b"".join(self._waiting)[:HEAD_BYTES]

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        """The whole file, once."""
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
