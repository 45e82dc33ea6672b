"""A scripted HTTP/1.1 server: for each request it sends given bytes in a given rhythm, and notes what it got.

It writes to the socket itself: half a frame, a reset in the middle of a chunk or an answer without an end cannot be
said through an HTTP library.
"""

import asyncio
import json
import socket
import struct
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import parse_qs, urlsplit

import msgspec


class Raw(msgspec.Struct, frozen=True):
    """Bytes put on the wire as they are, outside any framing."""

    data: bytes


class Until(msgspec.Struct, frozen=True):
    """Silence until the event is set."""

    event: asyncio.Event


class Hold(msgspec.Struct, frozen=True):
    """Silence until the client disconnects."""


class Reset(msgspec.Struct, frozen=True):
    """The connection is torn down with RST."""


class Close(msgspec.Struct, frozen=True):
    """The connection is closed with FIN, whatever is still owed."""


Step = bytes | Raw | Until | Hold | Reset | Close


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer. Each `bytes` step leaves in a write of its own; with `chunked` framing it is one chunk.

    `length` declares the sum of all `bytes` steps, `close` ends the body by closing, `none` sends no head at all.
    """

    steps: Sequence[Step] = ()
    status: int = 200
    headers: Mapping[str, str] = {}
    framing: Literal["chunked", "length", "close", "none"] = "length"


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What the client sent; header names are in lower case, `body` is decoded JSON, other bytes, or None."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: Any


Answer = Reply | Callable[[Request], Reply]
Guard = Callable[[Request], Reply | None]


def stream(
    *steps: Step, framing: Literal["chunked", "close"] = "chunked", headers: Mapping[str, str] | None = None
) -> Reply:
    """An event stream that sends `steps`."""
    return Reply(steps=steps, headers={"content-type": "text/event-stream", **(headers or {})}, framing=framing)


def json_reply(status: int, payload: object, *, headers: Mapping[str, str] | None = None) -> Reply:
    """A complete JSON answer, printed over several lines as Google's servers do."""
    body = json.dumps(payload, indent=2).encode()
    return Reply(status=status, steps=[body], headers={"content-type": "application/json", **(headers or {})})


def html_reply(status: int, body: bytes = b"<html><body><h1>Bad Gateway</h1></body></html>") -> Reply:
    """Response of a proxy in between."""
    return Reply(status=status, steps=[body], headers={"content-type": "text/html; charset=utf-8"})


def sse(payload: object, *, event: str = "") -> bytes:
    """One server-sent event with `payload` as compact JSON."""
    data = f"data: {json.dumps(payload, separators=(',', ':'), ensure_ascii=False)}\n\n"
    return (f"event: {event}\n{data}" if event else data).encode()


class Upstream:
    """The server, as an async context manager on a free port of 127.0.0.1.

    Answers are played in the order they were scripted; `always` is played when none is left. `guard` sees each
    request first and may refuse it, as a strict upstream would.
    """

    def __init__(self, guard: Guard | None = None) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.hung_up = asyncio.Event()
        self._guard = guard
        self._script: deque[Answer] = deque()
        self._always: Answer | None = None
        self._arrivals = asyncio.Condition()
        self._conversations: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._server: asyncio.Server | None = None

    def script(self, *answers: Answer) -> None:
        """Append answers, one for each request to come."""
        self._script.extend(answers)

    def always(self, answer: Answer) -> None:
        """Play `answer` whenever the script is at its end."""
        self._always = answer

    @property
    def url(self) -> str:
        """Scheme, host and port, without a slash at the end."""
        assert self._server is not None
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"

    async def received(self, count: int) -> None:
        """Wait until `count` requests have arrived."""
        async with self._arrivals:
            await self._arrivals.wait_for(lambda: len(self.requests) >= count)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=64 * 1024 * 1024)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._conversations.values():
            writer.transport.abort()  # Every step wakes when its connection is gone.
        await asyncio.gather(*self._conversations)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._conversations[task] = writer
        task.add_done_callback(self._conversations.pop)
        self.connections += 1
        head = asyncio.create_task(reader.readuntil(b"\r\n\r\n"))
        try:
            keep = True
            while keep:
                request = await _read_request(await head, reader)
                # The server reads ahead to notice that the client disconnects during the response.
                head = asyncio.create_task(reader.readuntil(b"\r\n\r\n"))
                keep = await self._play(await self._choose(request), writer, head)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # The client is gone, which is its right.
        finally:
            head.cancel()
            await asyncio.gather(head, return_exceptions=True)
            writer.close()

    async def _choose(self, request: Request) -> Reply:
        async with self._arrivals:
            self.requests.append(request)
            self._arrivals.notify_all()
        refused = self._guard(request) if self._guard else None
        if refused is not None:
            return refused
        answer = self._script.popleft() if self._script else self._always
        if answer is None:
            return json_reply(501, {"error": {"message": "the test has scripted no answer for this request"}})
        return answer if isinstance(answer, Reply) else answer(request)

    async def _play(self, reply: Reply, writer: asyncio.StreamWriter, gone: asyncio.Task[bytes]) -> bool:
        """Send `reply`; whether the connection may be used again."""
        _send(writer, _head(reply))
        for step in reply.steps:
            if isinstance(step, Hold | Until):
                await _silence(step, gone)
            elif isinstance(step, Reset):
                _reset(writer)
                return False
            elif isinstance(step, Close):
                return False
            else:
                _send(writer, _frame(step, chunked=reply.framing == "chunked"))
                await writer.drain()
                await asyncio.sleep(0)  # Let the client read this write before the next one.
            if gone.done() and not gone.cancelled() and gone.exception():
                self.hung_up.set()
                return False
        if reply.framing == "chunked":
            _send(writer, b"0\r\n\r\n")
        return reply.framing in {"chunked", "length"}


async def _silence(step: Hold | Until, gone: asyncio.Task[bytes]) -> None:
    wakers: set[asyncio.Task[Any]] = {gone}
    if isinstance(step, Until):
        wakers.add(asyncio.create_task(step.event.wait()))
    await asyncio.wait(wakers, return_when=asyncio.FIRST_COMPLETED)
    for waker in wakers - {gone}:
        waker.cancel()


async def _read_request(head: bytes, reader: asyncio.StreamReader) -> Request:
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    parts = urlsplit(target)
    return Request(
        method=method,
        path=parts.path,
        query=parse_qs(parts.query),
        headers=headers,
        body=json.loads(body) if "json" in headers.get("content-type", "json") and body else body or None,
    )


def _head(reply: Reply) -> bytes:
    if reply.framing == "none":
        return b""
    headers = dict(reply.headers)
    if reply.framing == "chunked":
        headers["transfer-encoding"] = "chunked"
    elif reply.framing == "length":
        headers["content-length"] = str(sum(len(step) for step in reply.steps if isinstance(step, bytes)))
    else:
        headers["connection"] = "close"
    lines = [f"HTTP/1.1 {reply.status} Whatever", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _frame(step: bytes | Raw, *, chunked: bool) -> bytes:
    if isinstance(step, Raw):
        return step.data
    return b"%x\r\n%b\r\n" % (len(step), step) if chunked else step


def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    if data:
        writer.write(data)


def _reset(writer: asyncio.StreamWriter) -> None:
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def bytewise(frames: Iterable[bytes]) -> list[bytes]:
    """The same bytes, one at a time: every boundary falls where it hurts."""
    return [bytes([byte]) for frame in frames for byte in frame]
