"""Wire below LiteLLM: each of its requests and each response pass through here.

LiteLLM 1.83.0 loops forever on half a JSON value, takes a truncated stream or an error in it for a normal end, and
splits lines inside texts. It therefore gets only responses that need translation, event by event, each complete and
valid. After a fault its stream ends, and the exchange holds the fault.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Mapping
from contextlib import aclosing, suppress
from contextvars import ContextVar
from typing import Any, Final, TypeVar

import httpx
import httpx2
import msgspec

from app.adapters.providers.shared.chat_completions.sse import SseDecoder
from app.adapters.providers.shared.chat_completions.wire import DONE, UpstreamReportedError, error_object
from app.adapters.providers.shared.event_stream import EventTooLongError
from app.domain.redaction import MaskedStruct

Result = TypeVar("Result")

_FAREWELL_SECONDS: Final = 1.0
_EVENT_STREAM: Final = "text/event-stream"
# All other headers advertise LiteLLM, describe this machine, or come from variables for another address.
_HEADERS: Final = frozenset(
    {"accept", "authorization", "connection", "content-length", "content-type", "host"}
    | {"api-key", "x-goog-api-key", "x-api-key", "anthropic-version", "anthropic-beta"}
)
_HOP_BY_HOP: Final = frozenset({"connection", "content-encoding", "content-length", "transfer-encoding"})


class UpstreamLink(MaskedStruct, frozen=True, kw_only=True):
    """Permitted upstream: its address, its connections, and whether LiteLLM translates its responses."""

    url: httpx.URL
    pool: httpx.AsyncBaseTransport
    translated: bool


def open_upstream(base_url: str, *, translated: bool) -> UpstreamLink:
    """Open a link to the host of `base_url`, without a proxy. Connects on first use."""
    limits = httpx.Limits(max_connections=1000, max_keepalive_connections=100, keepalive_expiry=60)
    return UpstreamLink(url=httpx.URL(base_url), pool=httpx.AsyncHTTPTransport(limits=limits), translated=translated)


class RequestBlockedError(Exception):
    """LiteLLM tried to send a request outside an exchange, or to another host."""

    def __init__(self, host: str) -> None:
        super().__init__(f"LiteLLM may not send anything to {host}")


class Exchange:
    """Exchange: one request of LiteLLM with its response.

    `answer` holds a response that needs no translation: chat completions, an error, a proxy's page. Otherwise
    LiteLLM translates; then `finish` is the upstream's finish reason, and `failure` the fault that ended the stream.
    A translated response without either was truncated.
    """

    def __init__(self, link: UpstreamLink, timeouts: Mapping[str, float | None]) -> None:
        self.answer: httpx2.Response | None = None
        self.translating = False
        self.finish = ""
        self.failure: Exception | None = None
        self._link = link
        self._timeouts = dict(timeouts)
        self._sent = False
        self._response: httpx.Response | None = None

    @property
    def is_open(self) -> bool:
        """True until a response needs no translation or fails."""
        return self.answer is None and self.failure is None

    async def run(self, step: Awaitable[Result]) -> Result:
        """Await one step of LiteLLM; requests that it sends meanwhile belong to this exchange."""
        token = _current.set(self)
        try:
            return await step
        finally:
            _current.reset(token)

    async def aclose(self) -> None:
        """Close the response. Idempotent."""
        if self._response is not None:
            await self._response.aclose()

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Send the one request. LiteLLM always gets a stream; it is empty when there is an `answer`."""
        try:
            response = self._response = await self._link.pool.handle_async_request(self._permitted(request))
        except httpx.TransportError as error:
            self.failure = _as_httpx2(error)
            return _stream_response(request, httpx.ByteStream(b""))
        if self._link.translated and response.status_code == httpx.codes.OK and _is_event_stream(response):
            self.translating = True
            return _stream_response(request, _TranslatableBody(self, response))
        headers = [(name, value) for name, value in response.headers.items() if name not in _HOP_BY_HOP]
        self.answer = httpx2.Response(response.status_code, headers=headers, stream=_PassedOnBody(response))
        return _stream_response(request, httpx.ByteStream(b""))

    async def events(self, response: httpx.Response) -> AsyncGenerator[bytes, None]:
        """Yield the data of each event in a form that LiteLLM can parse; stop at the first fault."""
        source = _event_data(response)
        try:
            while (data := await self._next(source)) and data != DONE:
                yield self._checked(data)
        except httpx.TransportError as error:
            self.failure = _as_httpx2(error)
        except (EventTooLongError, UpstreamReportedError, msgspec.DecodeError, ValueError, RecursionError) as error:
            self.failure = error

    def _permitted(self, request: httpx.Request) -> httpx.Request:
        here, there = self._link.url, request.url
        if self._sent or (there.scheme, there.host, there.port) != (here.scheme, here.host, here.port):
            raise RequestBlockedError(there.host)
        self._sent = True
        headers = {name: value for name, value in request.headers.items() if name in _HEADERS}
        headers |= {"accept-encoding": "identity", "user-agent": "anyport"}
        extensions = {"timeout": self._timeouts}
        return httpx.Request(request.method, there, headers=headers, stream=request.stream, extensions=extensions)

    async def _next(self, source: AsyncIterator[bytes]) -> bytes | None:
        """Next event. After the finish reason the wait is short, because LiteLLM reads the stream to its end."""
        limit = asyncio.timeout(_FAREWELL_SECONDS if self.finish else None)
        try:
            async with limit:
                return await anext(source, None)
        except TimeoutError:
            if not limit.expired():
                raise
            return None

    def _checked(self, data: bytes) -> bytes:
        if (error := error_object(data)) is not None:
            raise UpstreamReportedError(error)
        value = msgspec.json.decode(data)
        self.finish = msgspec.convert(value, _Event).finish or self.finish
        # ASCII only: LiteLLM splits lines at U+2028 and similar characters inside a text.
        return json.dumps(value).encode()


class ExchangeTransport(httpx.AsyncBaseTransport):
    """Transport of LiteLLM's async clients: sends through the current exchange. Raises without one."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        exchange = _current.get()
        if exchange is None:
            raise RequestBlockedError(request.url.host)
        return await exchange.send(request)


class BlockedTransport(httpx.BaseTransport):
    """Transport of LiteLLM's blocking clients, which would stop the event loop: always raises."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise RequestBlockedError(request.url.host)


class _TranslatableBody(httpx.AsyncByteStream):
    """Response body for LiteLLM, one valid event at a time."""

    def __init__(self, exchange: Exchange, response: httpx.Response) -> None:
        self._exchange = exchange
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async with aclosing(self._exchange.events(self._response)) as events:
            async for data in events:
                yield b"data: %b\n\n" % data
                # LiteLLM takes a millisecond for an event: yield to other tasks between buffered events.
                await asyncio.sleep(0)

    async def aclose(self) -> None:
        await self._exchange.aclose()


class _PassedOnBody(httpx2.AsyncByteStream):
    """Response body that bypasses LiteLLM."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._response.aiter_bytes():
                yield piece
        except httpx.TransportError as error:
            raise _as_httpx2(error) from error

    async def aclose(self) -> None:
        await self._response.aclose()


class _Candidate(msgspec.Struct, rename="camel"):
    finish_reason: str | None = None


class _PromptFeedback(msgspec.Struct, rename="camel"):
    block_reason: str | None = None


class _MessageDelta(msgspec.Struct):
    stop_reason: str | None = None


class _Event(msgspec.Struct, rename="camel"):
    """Finish reason of an event, in the wires of Gemini and Anthropic."""

    candidates: list[_Candidate] | None = None
    prompt_feedback: _PromptFeedback | None = None
    delta: _MessageDelta | None = None

    @property
    def finish(self) -> str:
        ends = [candidate.finish_reason for candidate in self.candidates or ()]
        blocked = self.prompt_feedback.block_reason if self.prompt_feedback else None
        stopped = self.delta.stop_reason if self.delta else None
        return next(filter(None, (*ends, blocked, stopped)), "")


async def _event_data(response: httpx.Response) -> AsyncIterator[bytes]:
    decoder = SseDecoder()
    async for piece in response.aiter_bytes():
        for data in decoder.feed(piece):
            yield data
    rest = decoder.finish()
    if decoder.stray:
        raise UpstreamReportedError(error_object(bytes(decoder.stray)))
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # An incomplete last event is ignored.
        msgspec.json.decode(rest)
        yield rest


def _stream_response(request: httpx.Request, stream: httpx.AsyncByteStream) -> httpx.Response:
    return httpx.Response(200, headers={"content-type": _EVENT_STREAM}, stream=stream, request=request)


def _is_event_stream(response: httpx.Response) -> bool:
    return str(response.headers.get("content-type", "")).lower().startswith(_EVENT_STREAM)


def _as_httpx2(error: httpx.TransportError) -> Exception:
    """Convert an httpx error to the httpx2 error of the same name."""
    name = type(error).__name__
    kind: Any = getattr(httpx2, name, httpx2.TransportError)
    failure: Exception = kind(name)
    return failure


_current: ContextVar[Exchange | None] = ContextVar("exchange", default=None)
