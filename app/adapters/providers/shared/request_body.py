"""The JSON of a request: in one go when it is short, and in pieces, between which others go on, when it is not."""

import uuid
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, Final
from weakref import WeakValueDictionary

import httpx2
import msgspec

from app.aio.cooperative_yield import PIECE_BYTES, CooperativeYield

_LONG: Final = 10_000
"""Characters. What a thousand texts below it come to is still written in some 15 ms."""

_MARK: Final = "x-long-texts"


class Body(httpx2.AsyncByteStream):
    """Pieces of JSON, `length` bytes in all. They are given once: the answer to what was sent may take minutes."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = deque(pieces)
        self.length = sum(map(len, pieces))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._pieces:
            yield self._pieces.popleft()


class LongTexts:
    """Those of a request that a library writes: it is given `rest`, and `headers` that bring them back to it."""

    def __init__(self, value: Any) -> None:
        """Raises `UnicodeEncodeError` for half a character in one of them."""
        self.texts: list[str] = []
        self.mark = uuid.uuid4().hex
        self.rest = without_long(value, self.mark, self.texts) if _is_long(value) else value
        for text in self.texts:
            if not text.isascii():
                text.encode()
        if self.texts:
            _unsent[self.mark] = self

    @property
    def headers(self) -> Mapping[str, str]:
        """None for a request without long texts."""
        return {_MARK: self.mark} if self.texts else {}


_unsent: Final[WeakValueDictionary[str, LongTexts]] = WeakValueDictionary()


async def put_back(request: httpx2.Request) -> None:
    """Give the request its long texts; a hook of the client that sends it."""
    held = _unsent.get(request.headers.pop(_MARK, ""))
    if held is not None:
        body = Body(await filled(request.content, held.mark, held.texts))
        request.headers["content-length"] = str(body.length)
        request.stream = body


async def body_of(request: Mapping[str, Any], told: str) -> Body:
    """The request; its long texts are looked for in the field `told`. Raises `UnicodeEncodeError` for half a character,
    and `TypeError` for what is no JSON."""
    if not _is_long(request[told]):
        return Body([msgspec.json.encode(request)])
    mark, texts = uuid.uuid4().hex, list[str]()
    frame = msgspec.json.encode({**request, told: without_long(request[told], mark, texts)})
    return Body(await filled(frame, mark, texts))


def without_long(value: Any, mark: str, texts: list[str]) -> Any:
    """`value` with `mark` in the place of each long text; those are appended to `texts`, in the order of the JSON."""
    if isinstance(value, str) and len(value) > _LONG:
        texts.append(value)
        return mark
    if isinstance(value, dict):
        return {name: without_long(inner, mark, texts) for name, inner in value.items()}
    if isinstance(value, list):
        return [without_long(inner, mark, texts) for inner in value]
    return value


async def filled(frame: bytes, mark: str, texts: Iterable[str]) -> list[bytes]:
    """The JSON `frame` with the texts where the marks stand, in pieces of about `PIECE_BYTES`."""
    pieces, pauses = [], CooperativeYield()
    first, *others = frame.split(mark.encode())
    piece = bytearray(first)
    for text, behind in zip(texts, others, strict=True):
        for at in range(0, len(text), PIECE_BYTES):
            piece += msgspec.json.encode(text[at : at + PIECE_BYTES])[1:-1]
            if len(piece) >= PIECE_BYTES:
                pieces.append(bytes(piece))
                piece.clear()
            await pauses.after(PIECE_BYTES)
        piece += behind
    return [*pieces, bytes(piece)]


def _is_long(value: Any) -> bool:
    """Whether there is a long text in it. Asked of every request, so without a call for each text."""
    kind = type(value)
    for inner in value.values() if kind is dict else value if kind is list else (value,):
        if type(inner) is str:
            if len(inner) > _LONG:
                return True
        elif (type(inner) is dict or type(inner) is list) and _is_long(inner):
            return True
    return False
