"""The wire under LiteLLM: each request that it sends and each answer to it pass here.

LiteLLM 1.83.0 spins for ever on half a JSON value, takes a cut stream or an error in the middle for a good end, and
ends lines inside of texts. So it is shown only answers that have to be translated, event by event, each one whole and
valid; when something breaks, its stream just ends, and what broke is kept for those who asked.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, Final, TypeVar

import httpx
import httpx2
import msgspec

from app.adapters.providers.shared.chat_completions.sse import SseDecoder
from app.adapters.providers.shared.chat_completions.wire import DONE, UpstreamReportedError, reported
from app.adapters.providers.shared.event_stream import EventTooLongError

Result = TypeVar("Result")

_FAREWELL_SECONDS: Final = 1.0
_EVENT_STREAM: Final = "text/event-stream"
# All else advertises LiteLLM, describes this machine, or comes from variables that are meant for another address.
_HEADERS: Final = frozenset(
    {"accept", "authorization", "connection", "content-length", "content-type", "host"}
    | {"api-key", "x-goog-api-key", "x-api-key", "anthropic-version", "anthropic-beta"}
)
_HOP_BY_HOP: Final = frozenset({"connection", "content-encoding", "content-length", "transfer-encoding"})


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """The one address that may be asked, the connections to it, and whether its answers need a translation."""

    url: httpx.URL
    pool: httpx.AsyncBaseTransport
    foreign: bool


def open_line(base_url: str, *, foreign: bool) -> Line:
    """A line to the host of `base_url`, through no proxy. Connects when it is first used."""
    limits = httpx.Limits(max_connections=1000, max_keepalive_connections=100, keepalive_expiry=60)
    return Line(url=httpx.URL(base_url), pool=httpx.AsyncHTTPTransport(limits=limits), foreign=foreign)


class NotAdmittedError(Exception):
    """LiteLLM wanted to send something that nobody had asked it to send."""

    def __init__(self, host: str) -> None:
        super().__init__(f"LiteLLM may not send anything to {host}")


class Exchange:
    """One request of LiteLLM's, and what came of it.

    `answer` is what needs no translation: chat completions, a refusal, a proxy's page. Otherwise LiteLLM translates;
    then `finish` is the upstream's own word for why it ended, and `failure` what came instead of a good end. A
    translated answer without either was cut.
    """

    def __init__(self, line: Line, timeouts: Mapping[str, float | None]) -> None:
        self.answer: httpx2.Response | None = None
        self.translating = False
        self.finish = ""
        self.failure: Exception | None = None
        self._line = line
        self._timeouts = dict(timeouts)
        self._asked = False
        self._response: httpx.Response | None = None

    @property
    def is_open(self) -> bool:
        """Nothing is decided yet, or LiteLLM translates."""
        return self.answer is None and self.failure is None

    async def run(self, step: Awaitable[Result]) -> Result:
        """Await one step of LiteLLM's work: what it sends meanwhile belongs to this exchange."""
        token = _current.set(self)
        try:
            return await step
        finally:
            _current.reset(token)

    async def aclose(self) -> None:
        """Hang up. Safe to call twice."""
        if self._response is not None:
            await self._response.aclose()

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Ask the upstream, once. LiteLLM gets a stream in any case; one without events if there is an `answer`."""
        try:
            response = self._response = await self._line.pool.handle_async_request(self._admitted(request))
        except httpx.TransportError as error:
            self.failure = _modern(error)
            return _shown(request, httpx.ByteStream(b""))
        if self._line.foreign and response.status_code == httpx.codes.OK and _is_event_stream(response):
            self.translating = True
            return _shown(request, _Shown(self, response))
        headers = [(name, value) for name, value in response.headers.items() if name not in _HOP_BY_HOP]
        self.answer = httpx2.Response(response.status_code, headers=headers, stream=_HandedOn(response))
        return _shown(request, httpx.ByteStream(b""))

    async def events(self, response: httpx.Response) -> AsyncIterator[bytes]:
        """The data of each event, in a form that LiteLLM can read; at the first failure there are no more."""
        source = _event_data(response)
        try:
            while (data := await self._next(source)) and data != DONE:
                yield self._judged(data)
        except httpx.TransportError as error:
            self.failure = _modern(error)
        except (EventTooLongError, UpstreamReportedError, msgspec.DecodeError, ValueError, RecursionError) as error:
            self.failure = error

    def _admitted(self, request: httpx.Request) -> httpx.Request:
        here, there = self._line.url, request.url
        if self._asked or (there.scheme, there.host, there.port) != (here.scheme, here.host, here.port):
            raise NotAdmittedError(there.host)
        self._asked = True
        headers = {name: value for name, value in request.headers.items() if name in _HEADERS}
        headers |= {"accept-encoding": "identity", "user-agent": "anyport"}
        extensions = {"timeout": self._timeouts}
        return httpx.Request(request.method, there, headers=headers, stream=request.stream, extensions=extensions)

    async def _next(self, source: AsyncIterator[bytes]) -> bytes | None:
        """The next event. LiteLLM waits for the end of a stream before it says why it ended: not for long, then."""
        limit = asyncio.timeout(_FAREWELL_SECONDS if self.finish else None)
        try:
            async with limit:
                return await anext(source, None)
        except TimeoutError:
            if not limit.expired():
                raise
            return None

    def _judged(self, data: bytes) -> bytes:
        if (error := reported(data)) is not None:
            raise UpstreamReportedError(error)
        value = msgspec.json.decode(data)
        self.finish = msgspec.convert(value, _Event).finish or self.finish
        # ASCII alone: LiteLLM takes U+2028 and its like, inside of a text, for the end of a line.
        return json.dumps(value).encode()


class Gate(httpx.AsyncBaseTransport):
    """The transport of each client inside LiteLLM: it leads to the exchange at hand, and nowhere without one."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        exchange = _current.get()
        if exchange is None:
            raise NotAdmittedError(request.url.host)
        return await exchange.send(request)


class Wall(httpx.BaseTransport):
    """The transport of LiteLLM's blocking clients, which would stop the event loop: it leads nowhere."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise NotAdmittedError(request.url.host)


class _Shown(httpx.AsyncByteStream):
    """The body that LiteLLM reads."""

    def __init__(self, exchange: Exchange, response: httpx.Response) -> None:
        self._exchange = exchange
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for data in self._exchange.events(self._response):
            yield b"data: %b\n\n" % data
            # LiteLLM needs a millisecond for an event: when many are waiting, let others have their turn in between.
            await asyncio.sleep(0)

    async def aclose(self) -> None:
        await self._exchange.aclose()


class _HandedOn(httpx2.AsyncByteStream):
    """A body that LiteLLM never sees."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._response.aiter_bytes():
                yield piece
        except httpx.TransportError as error:
            raise _modern(error) from error

    async def aclose(self) -> None:
        await self._response.aclose()


class _Candidate(msgspec.Struct, rename="camel"):
    finish_reason: str | None = None


class _PromptFeedback(msgspec.Struct, rename="camel"):
    block_reason: str | None = None


class _MessageDelta(msgspec.Struct):
    stop_reason: str | None = None


class _Event(msgspec.Struct, rename="camel"):
    """What tells the end of an answer, in the wires of Gemini and Anthropic."""

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
        raise UpstreamReportedError(reported(bytes(decoder.stray)))
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # Torn, the last event is as good as not sent.
        msgspec.json.decode(rest)
        yield rest


def _shown(request: httpx.Request, stream: httpx.AsyncByteStream) -> httpx.Response:
    return httpx.Response(200, headers={"content-type": _EVENT_STREAM}, stream=stream, request=request)


def _is_event_stream(response: httpx.Response) -> bool:
    return str(response.headers.get("content-type", "")).lower().startswith(_EVENT_STREAM)


def _modern(error: httpx.TransportError) -> Exception:
    """The same failure in the words of httpx2, which everybody above speaks."""
    name = type(error).__name__
    kind: Any = getattr(httpx2, name, httpx2.TransportError)
    failure: Exception = kind(name)
    return failure


_current: ContextVar[Exchange | None] = ContextVar("exchange", default=None)
