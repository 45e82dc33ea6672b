"""Event streams, sent by our response to an ASGI server that the test plays."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from litestar import Litestar, get
from litestar.exceptions import LitestarException

from app.domain.errors import ClosingError
from app.entrypoints.http.event_stream import EventStream
from app.entrypoints.http.streams import abort_when_closing


class Source:
    """Events that wait for a sign behind the first, and how they ended."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.go_on = asyncio.Event()
        self.closed = False
        self._failure = failure

    async def events(self) -> AsyncGenerator[bytes, None]:
        try:
            yield b"one"
            await self.go_on.wait()
            if self._failure is not None:
                raise self._failure
            yield b"two"
        finally:
            self.closed = True


class Reader:
    """One who reads, and may go."""

    def __init__(self) -> None:
        self.body: list[bytes] = []
        self.whole = False
        self.heard = asyncio.Event()
        self.gone = asyncio.Event()
        self._asked = False

    async def receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.body":
            self.body.append(message["body"])
            self.whole = not message["more_body"]
            self.heard.set()

    async def read(self, source: Source) -> None:
        """Ask for the events of `source`."""

        @get("/")
        async def events() -> EventStream:
            return EventStream(source.events(), {"cache-control": "no-cache"})

        scope = {"type": "http", "method": "GET", "path": "/", "raw_path": b"/", "query_string": b"", "headers": []}
        app = abort_when_closing(Litestar([events], openapi_config=None, logging_config=None))
        await app({**scope, "root_path": "", "server": ("127.0.0.1", 80)}, self.receive, self.send)  # type: ignore[arg-type]  # as servers do


async def test_all_of_it_is_sent_and_then_its_end() -> None:
    source, reader = Source(), Reader()
    source.go_on.set()
    await reader.read(source)
    assert (b"".join(reader.body), reader.whole, source.closed) == (b"onetwo", True, True)


async def test_what_it_comes_from_is_closed_when_the_reader_goes() -> None:
    source, reader = Source(), Reader()
    reading = asyncio.create_task(reader.read(source))
    await reader.heard.wait()
    assert not source.closed
    reader.gone.set()
    await reading
    assert (b"".join(reader.body), reader.whole, source.closed) == (b"one", False, True)


async def test_a_server_that_closes_leaves_the_answer_incomplete() -> None:
    source, reader = Source(ClosingError("The server is shutting down.", retry_after=1)), Reader()
    source.go_on.set()
    await reader.read(source)
    assert (reader.body, reader.whole, source.closed) == ([b"one"], False, True)


async def test_a_failure_breaks_the_answer_off_and_leaves_the_reader_waiting_for_nothing() -> None:
    source, reader = Source(ValueError("broken")), Reader()
    source.go_on.set()
    with pytest.raises(LitestarException):
        await reader.read(source)
    assert (reader.body, reader.whole, source.closed) == ([b"one"], False, True)


async def test_cancelling_an_answer_is_not_taken_for_a_disconnect() -> None:
    source, reader = Source(), Reader()
    reading = asyncio.create_task(reader.read(source))
    await reader.heard.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert source.closed
