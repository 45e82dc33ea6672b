"""Requests to upstreams: long bodies, backpressure and headers."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx2
import pytest

from app.adapters.providers.shared.http import HttpTransport
from tests.unit.http_transport.serving import OK, always, client, listening, secured


@pytest.mark.parametrize("over_tls", [False, True])
async def test_a_long_request_arrives_as_it_is_however_it_is_cut(tmp_path: Path, over_tls: bool) -> None:
    serving_tls, trusting = secured(tmp_path)
    sent = [bytes([number]) * size for number, size in enumerate((0, 5_000_000, 1, 99_999, 200_001))]
    length = sum(map(len, sent))
    came: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        came.append(await reader.readexactly(length))
        writer.write(OK)

    async def body() -> AsyncGenerator[bytes, None]:
        for piece in sent:
            yield piece

    async with (
        listening(serve, ssl=serving_tls if over_tls else None) as (address, _),
        httpx2.AsyncClient(transport=HttpTransport(lambda: trusting)) as http,
    ):
        url = f"{'https' if over_tls else 'http'}://{address}/"
        answer = await http.post(url, content=body(), headers={"content-length": str(length)})
        assert answer.text == "hi"
    assert came == [b"".join(sent)]


async def test_a_request_is_sent_no_faster_than_it_is_taken() -> None:
    pieces, go_on = 64, asyncio.Event()
    asked_for = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await go_on.wait()
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(pieces * 1024 * 1024)
        writer.write(OK)

    async def body() -> AsyncGenerator[bytes, None]:
        nonlocal asked_for
        for number in range(1, pieces + 1):
            asked_for = number
            yield bytes(1024 * 1024)

    transport = HttpTransport(ssl.create_default_context)
    async with listening(serve) as (address, _), httpx2.AsyncClient(transport=transport) as http:
        length = {"content-length": str(pieces * 1024 * 1024)}
        asking = asyncio.create_task(http.post(f"http://{address}/", content=body(), headers=length))
        async with asyncio.timeout(10):
            while not any(connection._full for connection in transport._open):  # noqa: ASYNC110
                await asyncio.sleep(0)
        assert asked_for < pieces
        go_on.set()
        assert (await asking).text == "hi"
        assert asked_for == pieces


async def test_an_early_response_of_the_upstream_is_returned() -> None:
    refused = b"HTTP/1.1 413 Content Too Large\r\nconnection: close\r\ncontent-length: 2\r\n\r\nno"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(refused)
        await writer.drain()
        await reader.read()

    async with listening(serve) as (address, _), client() as http:
        answer = await http.post(f"http://{address}/", content=bytes(64 * 1024 * 1024))
        assert (answer.status_code, answer.text) == (413, "no")


@pytest.mark.parametrize("value", ["a\r\nx: y", "a\n", " a", "a "])
async def test_a_header_that_would_end_before_its_time_is_not_sent(value: str) -> None:
    async with listening(always(OK)) as (address, taken), client() as http:
        with pytest.raises(httpx2.LocalProtocolError):
            await http.get(f"http://{address}/", headers={"authorization": value})
        assert taken == []
