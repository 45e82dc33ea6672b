"""JSON body of a request: encoded at once when short, otherwise in pieces with cooperative yields."""

import uuid
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, Final
from weakref import WeakValueDictionary

import httpx2
import msgspec

from app.aio.cooperative_yield import PIECE_BYTES, CooperativeYield

_LONG_CHARACTERS: Final = 10_000
"""Characters. A thousand texts below this length are encoded in some 15 ms."""

_HEADER: Final = "x-long-texts"


class Body(httpx2.AsyncByteStream):
    """Request body in pieces, `length` bytes in all. Iterated once and freed: the response may take minutes."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = deque(pieces)
        self.length = sum(map(len, pieces))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._pieces:
            yield self._pieces.popleft()


class DetachedTexts:
    """Long texts detached from a request that a library encodes: pass it `remainder` and `headers`."""

    def __init__(self, value: Any) -> None:
        """Detach the long texts. Raises `UnicodeEncodeError` for a lone surrogate in one of them."""
        self.texts: list[str] = []
        self.mark = uuid.uuid4().hex
        self.remainder = detach_texts(value, self.mark, self.texts) if _is_long(value) else value
        for text in self.texts:
            if not text.isascii():
                text.encode()
        if self.texts:
            _pending[self.mark] = self

    @property
    def headers(self) -> Mapping[str, str]:
        """Header that identifies the texts; empty without long texts."""
        return {_HEADER: self.mark} if self.texts else {}


_pending: Final[WeakValueDictionary[str, DetachedTexts]] = WeakValueDictionary()


async def reattach_texts(request: httpx2.Request) -> None:
    """Request hook: reattach the long texts."""
    held = _pending.get(request.headers.pop(_HEADER, ""))
    if held is not None:
        body = Body(await fill_in(request.content, held.mark, held.texts))
        request.headers["content-length"] = str(body.length)
        request.stream = body


async def encode_body(request: Mapping[str, Any], field: str) -> Body:
    """Encode a request; only its `field` may hold long texts. Raises `UnicodeEncodeError` for a lone surrogate,
    and `TypeError` for a value that JSON cannot hold."""
    if not _is_long(request[field]):
        return Body([msgspec.json.encode(request)])
    mark, texts = uuid.uuid4().hex, list[str]()
    frame = msgspec.json.encode({**request, field: detach_texts(request[field], mark, texts)})
    return Body(await fill_in(frame, mark, texts))


def detach_texts(value: Any, mark: str, texts: list[str]) -> Any:
    """Replace each long text in `value` by `mark`; append the texts to `texts`, in the order of the JSON."""
    if isinstance(value, str) and len(value) > _LONG_CHARACTERS:
        texts.append(value)
        return mark
    if isinstance(value, dict):
        return {name: detach_texts(inner, mark, texts) for name, inner in value.items()}
    if isinstance(value, list):
        return [detach_texts(inner, mark, texts) for inner in value]
    return value


async def fill_in(frame: bytes, mark: str, texts: Iterable[str]) -> list[bytes]:
    """Replace the marks in the JSON `frame` by the texts; returns pieces of about `PIECE_BYTES` bytes."""
    pieces, cooperative = [], CooperativeYield()
    first, *others = frame.split(mark.encode())
    piece = bytearray(first)
    for text, behind in zip(texts, others, strict=True):
        for at in range(0, len(text), PIECE_BYTES):
            piece += msgspec.json.encode(text[at : at + PIECE_BYTES])[1:-1]
            if len(piece) >= PIECE_BYTES:
                pieces.append(bytes(piece))
                piece.clear()
            await cooperative.after(PIECE_BYTES)
        piece += behind
    return [*pieces, bytes(piece)]


def _is_long(value: Any) -> bool:
    """True when a long text is in `value`. Runs for every request, so it makes no call for each text."""
    kind = type(value)
    for inner in value.values() if kind is dict else value if kind is list else (value,):
        if type(inner) is str:
            if len(inner) > _LONG_CHARACTERS:
                return True
        elif (type(inner) is dict or type(inner) is list) and _is_long(inner):
            return True
    return False
