"""An upstream's words: asked for as they are, and read also when they are compressed all the same."""

import gzip
from collections.abc import AsyncIterator

import httpx2

from app.adapters.providers.shared.endpoint import Endpoint
from app.adapters.providers.shared.event_stream import body_chunks, limit_lines
from app.adapters.providers.shared.settings import UpstreamSettings

WORDS = b'data: {"choices": []}\n\n' * 50


async def read(headers: dict[str, str], body: bytes) -> tuple[bytes, httpx2.Request]:
    """What is read of an answer, and what it was asked for with."""
    asked: list[httpx2.Request] = []

    def answered(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(200, headers=headers, stream=httpx2.ByteStream(body))

    endpoint = Endpoint(
        UpstreamSettings(), api_key="", base_url="http://upstream/v1", transport=httpx2.MockTransport(answered)
    )
    response = await endpoint.ask({"messages": []})
    found = b"".join([piece async for piece in body_chunks(response)])
    await response.aclose()
    await endpoint.aclose()
    return found, asked[0]


async def test_an_uncompressed_body_is_asked_for_and_read_unchanged() -> None:
    found, request = await read({}, WORDS)
    assert found == WORDS
    assert request.headers["accept-encoding"] == "identity"


async def test_words_that_come_compressed_are_read_all_the_same() -> None:
    found, _ = await read({"content-encoding": "gzip"}, gzip.compress(WORDS))
    assert found == WORDS


class Piecewise(httpx2.AsyncByteStream):
    """A body from an async generator that notes when it was closed."""

    def __init__(self) -> None:
        self.generator_closed = self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while True:
                yield WORDS
        finally:
            self.generator_closed = True

    async def aclose(self) -> None:
        self.closed = True


async def test_closing_a_limited_response_closes_the_generator_of_its_body() -> None:
    body = Piecewise()
    response = httpx2.Response(200, stream=body)
    await limit_lines(response)
    pieces = body_chunks(response)
    assert await anext(pieces) == WORDS
    await response.aclose()
    assert (body.generator_closed, body.closed) == (True, True)
