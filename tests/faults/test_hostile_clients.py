"""Hostile and faulty clients: refused in bounded time and memory, without an effect on others."""

import asyncio
import gzip
from collections.abc import AsyncGenerator

import httpx
import psutil
import pytest

from tests.chatkit_client import ChatKitClient
from tests.server import ServerProcess, running

PATIENCE = 1.0
BOUND = 30.0
MEGABYTE = 1024 * 1024
POST = b"POST /chatkit HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[ServerProcess, None]:
    """A server with little patience."""
    environment = {"CLIENT_SECONDS": str(PATIENCE), "DEMO_DELAY_MS": "0", "RATE_LIMIT_PER_MINUTE": "0"}
    async with running(tmp_path_factory.mktemp("hostile"), environment) as process:
        async with ChatKitClient(process.url) as client:
            await client.say("Hello!")  # What is loaded for the first answer is no attack's doing.
        yield process


@pytest.fixture(autouse=True)
async def others_notice_nothing(server: ServerProcess) -> AsyncGenerator[None, None]:
    """After each attack the server still answers, and has taken less than a few megabytes."""
    memory = psutil.Process(server.pid).memory_info
    before = memory().rss
    yield
    async with ChatKitClient(server.url) as client:
        assert (await client.say("Hello!")).text
    assert memory().rss - before < 24 * MEGABYTE
    assert "request crashed" not in server.log


async def answered(server: ServerProcess, *pieces: bytes) -> bytes:
    """What comes back until the server closes the connection, when these pieces are sent and nothing more."""
    async with asyncio.timeout(BOUND):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            return await reader.read()
        except ConnectionError:
            return b""  # It closed the connection while there was more to read.
        finally:
            writer.close()


@pytest.mark.parametrize("pieces", [[], [b"POST /chat"], [POST], [b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n", b"GET "]])
async def test_a_head_that_never_ends(server: ServerProcess, pieces: list[bytes]) -> None:
    assert b"408" in await answered(server, *pieces)


async def test_a_body_that_never_comes(server: ServerProcess) -> None:
    async with asyncio.timeout(BOUND):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(POST + b"content-length: 1000\r\n\r\n{")
        answer = await reader.readuntil(b"}")
        writer.close()
    assert b" 408 " in answer
    assert b"too slowly" in answer


async def test_a_body_that_drips(server: ServerProcess) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"1\r\n \r\n")
            await writer.drain()
            await asyncio.sleep(PATIENCE / 10)

    async with asyncio.timeout(BOUND):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(POST + b"transfer-encoding: chunked\r\n\r\n")
        dripping = asyncio.create_task(drip(writer))
        answer = await reader.readuntil(b"}")
        dripping.cancel()
        writer.close()
    assert b" 408 " in answer


@pytest.mark.parametrize("filler", [b"x: " + b"a" * 1000 + b"\r\n", b"a" * 1000])
async def test_a_flood_of_headers(server: ServerProcess, filler: bytes) -> None:
    # Whether the refusal can be read before the connection is reset is a matter of luck.
    answer = await answered(server, b"GET / HTTP/1.1\r\nx: ", *[filler] * 100_000)
    assert not answer or b"431" in answer


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"type":"threads.create","params":{"input":{"content":['])
async def test_a_million_levels_of_json(server: ServerProcess, opening: bytes) -> None:
    async with httpx.AsyncClient(base_url=server.url, timeout=BOUND) as client:
        body = opening * (1_000_000 // len(opening))
        response = await client.post("/chatkit", content=body, headers={"content-type": "application/json"})
    assert httpx.codes.is_client_error(response.status_code)
    assert response.json()["message"]


async def test_a_body_larger_than_allowed(server: ServerProcess) -> None:
    async def endless() -> AsyncGenerator[bytes, None]:
        for _ in range(200):
            yield b" " * MEGABYTE

    async with httpx.AsyncClient(base_url=server.url, timeout=BOUND) as client:
        declared = await client.post("/chatkit", content=b" " * 3 * MEGABYTE)
        assert declared.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
        try:
            undeclared = await client.post("/chatkit", content=endless())
        except httpx.TransportError:
            return  # Refused while it was still sending.
        assert undeclared.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE


async def test_a_bomb_of_gzip_stays_what_it_is(server: ServerProcess) -> None:
    bomb = gzip.compress(b" " * 500 * MEGABYTE)
    async with httpx.AsyncClient(base_url=server.url, timeout=BOUND) as client:
        headers = {"content-type": "application/json", "content-encoding": "gzip"}
        response = await client.post("/chatkit", content=bomb, headers=headers)
    assert httpx.codes.is_client_error(response.status_code)


async def test_a_hundred_half_open_connections_at_once(server: ServerProcess) -> None:
    answers = await asyncio.gather(*(answered(server, POST) for _ in range(100)))
    assert all(b"408" in answer for answer in answers)
