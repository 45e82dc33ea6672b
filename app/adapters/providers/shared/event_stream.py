"""Whether a success is an event stream at all."""

import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Final, cast

import httpx2
import msgspec

_LONGEST_PAGE: Final = 64 * 1024

LONGEST_EVENT: Final = 8 * 1024 * 1024
"""Bytes; reading one that long is a pause for everybody else, of some 20 ms."""


class EventTooLongError(Exception):
    """One event is longer than `LONGEST_EVENT` bytes."""


class NotAStreamError(Exception):
    """A 200 that is something else: a proxy's page, or an error that says 200, which `body` then holds."""

    def __init__(self, content_type: str, body: object | None) -> None:
        super().__init__("the answer is no event stream")
        self.content_type = content_type
        self.body = body


async def expect_stream(response: httpx2.Response) -> None:
    """Raise `NotAStreamError` for a success of another kind; its body is then read, though not without end."""
    kind = response.headers.get("content-type", "text/event-stream").partition(";")[0].strip().lower()
    if kind == "text/event-stream" or not response.is_success:
        return
    body = b"".join([piece async for piece in beginning(response)])
    shown = kind if re.fullmatch(r"[\w.+-]{1,40}/[\w.+-]{1,40}", kind, re.ASCII) else "of an unreadable type"
    raise NotAStreamError(shown, error_in(body))


async def bound_lines(response: httpx2.Response) -> None:
    """Fail in a line that does not end, which whoever reads it by line would wait for, and then hold up others with:
    the stream raises `EventTooLongError`."""
    response.stream = _Bounded(cast(httpx2.AsyncByteStream, response.stream))


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for piece in self._stream:
            end = piece.rfind(b"\n")
            size = size + len(piece) if end < 0 else len(piece) - end - 1
            if size > LONGEST_EVENT:
                raise EventTooLongError
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


def pieces_of(response: httpx2.Response) -> AsyncIterator[bytes]:
    """The body as it comes; one that is not compressed past httpx2's decoders, which hold 4 KB for each answer."""
    if "content-encoding" in response.headers:
        return response.aiter_bytes()
    return aiter(cast(httpx2.AsyncByteStream, response.stream))


async def beginning(response: httpx2.Response) -> AsyncGenerator[bytes, None]:
    """The body piece by piece, up to the one that goes beyond 64 KB: nobody's page or error is longer."""
    size = 0
    async with aclosing(response.aiter_bytes()) as pieces:
        async for piece in pieces:
            yield piece
            size += len(piece)
            if size > _LONGEST_PAGE:
                return


def reported(data: bytes) -> object | None:
    """The error in JSON, in any of its shapes: under `error`, in a list, or vLLM's `{"object": "error"}`.

    Raises `msgspec.DecodeError` or `UnicodeDecodeError`.
    """
    body: object = msgspec.json.decode(data)
    first = body[0] if isinstance(body, list) and body else body
    if isinstance(first, dict) and (first.get("error") or "error" in {first.get("object"), first.get("type")}):
        return first
    return None


def error_in(page: bytes) -> object | None:
    """What `page` reports; None also for what is not JSON."""
    try:
        return reported(page)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
