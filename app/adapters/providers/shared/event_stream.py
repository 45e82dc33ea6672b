"""Event-stream checks of a response: content type, line length, error objects."""

import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Final, cast

import httpx2
import msgspec

_MAX_PAGE_BYTES: Final = 64 * 1024

MAX_EVENT_BYTES: Final = 8 * 1024 * 1024
"""Bytes; parsing an event of this size blocks the event loop for some 20 ms."""


class EventTooLongError(Exception):
    """One event is longer than `MAX_EVENT_BYTES` bytes."""


class NotAStreamError(Exception):
    """Response with status 200 but another content type: a proxy's page, or an error, which is in `body`."""

    def __init__(self, content_type: str, body: object | None) -> None:
        super().__init__("the answer is no event stream")
        self.content_type = content_type
        self.body = body


async def expect_stream(response: httpx2.Response) -> None:
    """Raise `NotAStreamError` for a success of another content type, after reading at most 64 KB of it."""
    kind = response.headers.get("content-type", "text/event-stream").partition(";")[0].strip().lower()
    if kind == "text/event-stream" or not response.is_success:
        return
    body = b"".join([piece async for piece in leading_chunks(response)])
    content_type = kind if re.fullmatch(r"[\w.+-]{1,40}/[\w.+-]{1,40}", kind, re.ASCII) else "of an unreadable type"
    raise NotAStreamError(content_type, find_error_object(body))


async def limit_lines(response: httpx2.Response) -> None:
    """Limit the length of a line: the body raises `EventTooLongError` beyond it. A reader by line would buffer an
    endless line."""
    response.stream = _LimitedBody(cast(httpx2.AsyncByteStream, response.stream))


class _LimitedBody(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream
        self._pieces = aiter(stream)
        self._line_bytes = 0

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        piece = await anext(self._pieces)
        end = piece.rfind(b"\n")
        self._line_bytes = self._line_bytes + len(piece) if end < 0 else len(piece) - end - 1
        if self._line_bytes > MAX_EVENT_BYTES:
            raise EventTooLongError
        return piece

    async def aclose(self) -> None:
        if isinstance(self._pieces, AsyncGenerator):
            await self._pieces.aclose()
        await self._stream.aclose()


def body_chunks(response: httpx2.Response) -> AsyncIterator[bytes]:
    """Iterate over the body. An uncompressed one bypasses httpx2's decoders, which take 4 KB for each response."""
    if "content-encoding" in response.headers:
        return response.aiter_bytes()
    return aiter(cast(httpx2.AsyncByteStream, response.stream))


async def leading_chunks(response: httpx2.Response) -> AsyncGenerator[bytes, None]:
    """Iterate over the body up to the chunk that exceeds 64 KB."""
    size = 0
    async with aclosing(response.aiter_bytes()) as pieces:
        async for piece in pieces:
            yield piece
            size += len(piece)
            if size > _MAX_PAGE_BYTES:
                return


def error_object(data: bytes) -> object | None:
    """Error object of a JSON body, in any of its shapes: under `error`, in a list, or vLLM's `{"object": "error"}`.

    Raises `msgspec.DecodeError` or `UnicodeDecodeError`.
    """
    body: object = msgspec.json.decode(data)
    first = body[0] if isinstance(body, list) and body else body
    if isinstance(first, dict) and (first.get("error") or "error" in {first.get("object"), first.get("type")}):
        return first
    return None


def find_error_object(page: bytes) -> object | None:
    """Error object of `page`; None also for a page that is not JSON."""
    try:
        return error_object(page)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
