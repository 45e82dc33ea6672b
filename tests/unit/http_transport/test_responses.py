"""Responses of upstreams: framing, truncation and backpressure."""

import asyncio
import ssl

import httpx2
import pytest

from app.adapters.providers.shared.http import HttpTransport
from tests.unit.http_transport.serving import OK, always, client, listening


@pytest.mark.parametrize(
    "answer",
    [
        OK,
        b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + OK,
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nh\r\n1;x=y\r\ni\r\n0\r\na: b\r\n\r\n",
    ],
    ids=["length", "interim answer", "chunks"],
)
async def test_whatever_way_an_answer_is_framed_and_cut_it_is_the_same(answer: bytes) -> None:
    for cut in range(1, len(answer)):
        async with listening(always(answer[:cut], answer[cut:])) as (address, _), client() as http:
            response = await http.get(f"http://{address}/")
            assert (response.status_code, response.text) == (200, "hi")
            assert "link" not in response.headers


async def test_a_body_may_end_with_its_connection() -> None:
    async with listening(always(b"HTTP/1.1 200 OK\r\n\r\nhi", close=True)) as (address, _), client() as http:
        assert (await http.get(f"http://{address}/")).text == "hi"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", httpx2.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi", httpx2.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n", httpx2.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", httpx2.RemoteProtocolError),
        (b"SSH-2.0-OpenSSH\r\n", httpx2.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nx: " + b"x" * 300_000, httpx2.RemoteProtocolError),
    ],
    ids=["nothing", "short", "no last chunk", "no chunk", "no HTTP", "endless head"],
)
async def test_a_torn_answer_is_said_to_be_torn(answer: bytes, error: type[Exception]) -> None:
    async with listening(always(answer, close=True)) as (address, _), client() as http:
        with pytest.raises(error):
            await http.get(f"http://{address}/")


async def test_what_came_before_the_connection_broke_is_read_first() -> None:
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi"
    async with listening(always(answer, close=True)) as (address, _), client() as http:
        pieces: list[bytes] = []
        async with http.stream("GET", f"http://{address}/") as response:
            with pytest.raises(httpx2.RemoteProtocolError):
                await _collect(response, pieces)
        assert b"".join(pieces) == b"hi"


async def _collect(response: httpx2.Response, pieces: list[bytes]) -> None:
    async for piece in response.aiter_bytes():
        pieces.append(piece)  # noqa: PERF401  # what came before a failure counts


async def test_what_one_read_brings_leaves_in_one_piece() -> None:
    chunks = b"".join(b"1\r\n%d\r\n" % digit for digit in range(10))
    answer = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
    async with (
        listening(always(answer)) as (address, _),
        client() as http,
        http.stream("GET", f"http://{address}/") as it,
    ):
        assert [piece async for piece in it.aiter_raw()] == [b"0123456789"]


async def test_much_that_waits_leaves_in_pieces_between_which_others_go_on() -> None:
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n" + bytes(range(250)) * 4_000
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    transport = HttpTransport(ssl.create_default_context)
    async with (
        listening(always(answer)) as (address, _),
        httpx2.AsyncClient(transport=transport) as http,
        http.stream("GET", f"http://{address}/") as response,
    ):
        [connection] = transport._open
        async with asyncio.timeout(10):
            while connection._buffered < 1_000_000:  # noqa: ASYNC110
                await asyncio.sleep(0)
        busy = asyncio.create_task(others())
        pieces = [(piece, turns) async for piece in response.aiter_raw()]
        busy.cancel()
    assert b"".join(piece for piece, _ in pieces) == answer[-1_000_000:]
    assert len({turn for _, turn in pieces}) >= len(pieces) - 1 > 1


async def test_a_stuck_reader_applies_backpressure_to_the_upstream() -> None:
    full = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.set_write_buffer_limits(high=0)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 67108864\r\n\r\n")
        for _ in range(64):
            writer.write(b"x" * 1024 * 1024)
            try:
                await asyncio.wait_for(writer.drain(), 0.5)
            except TimeoutError:
                full.set()
                await writer.drain()

    async with listening(serve) as (address, _), client() as http:
        async with http.stream("GET", f"http://{address}/") as response:
            await asyncio.wait_for(full.wait(), 30)
            size = 0
            async for piece in response.aiter_raw():
                size += len(piece)
                assert len(piece) < 8 * 1024 * 1024
        assert size == 64 * 1024 * 1024
