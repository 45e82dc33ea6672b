"""Early responses, before the end of their request: the connection ends in bounded time, whatever the client sends."""

import asyncio
import re
import socket
from collections.abc import AsyncGenerator

import pytest

from tests.fakes.login_service import SECRET, secret_token
from tests.server import ServerProcess, running

PATIENCE = 0.5
BOUND = 30.0
MEGABYTE = 1024 * 1024
LOGIN = b"authorization: Bearer %b\r\n" % secret_token(sub="ada", aud=None, iss=None).encode()
LONG = b"content-length: 1000000\r\n\r\n"
CHUNKED = b"transfer-encoding: chunked\r\n\r\n"
CHUNK = b"1\r\n \r\n"


def attacks() -> dict[str, tuple[bytes, int, bytes]]:
    """By name: the start of a request, the status of its response, and the bytes that the client goes on sending."""
    to, host = b" HTTP/1.1\r\n", b"host: localhost\r\n"
    anonymous, ada = to + host, to + host + LOGIN
    return {
        "no login": (b"POST /chatkit" + anonymous + LONG, 401, b" "),
        "no login, chunked": (b"POST /chatkit" + anonymous + CHUNKED, 401, CHUNK),
        "no route": (b"POST /nowhere" + anonymous + LONG, 404, b" "),
        "no such method": (b"PUT /health" + anonymous + CHUNKED, 405, CHUNK),
        "another host": (b"POST /chatkit" + to + b"host: evil.example\r\n" + LONG, 421, b" "),
        "compressed": (b"POST /api/tasks" + ada + b"content-encoding: gzip\r\n" + LONG, 415, b" "),
        "too large": (b"POST /chatkit" + ada + b"content-length: 9000000\r\n\r\n", 413, b" "),
        "too slow": (b"POST /chatkit" + ada + LONG, 408, b" "),
        "a GET with a body": (b"GET /health" + anonymous + LONG, 200, b" "),
        "a GET with chunks": (b"GET /health" + anonymous + CHUNKED, 200, CHUNK),
        "a page with a body": (b"GET /" + anonymous + LONG, 200, b" "),
        "a stream with a body": (b"GET /api/events" + ada + LONG, 200, b" "),
        "a stream with chunks": (b"GET /api/events" + ada + CHUNKED, 200, CHUNK),
        "a body that is not understood": (b"POST /chatkit" + ada + CHUNKED + b"nonsense\r\n", 400, b" "),
        "line ends after a whole request": (b"GET /health" + anonymous + b"\r\n", 200, b"\r\n"),
        "an upgrade": (b"GET /health" + anonymous + b"connection: upgrade\r\nupgrade: x\r\n\r\n", 0, b" "),
        "a next head without end": (b"GET /health" + anonymous + b"\r\nGET /health", 200, b"a"),
        "a next head behind a stream": (b"GET /api/events" + ada + b"\r\nGET /health", 200, b"a"),
        "a body that ends late": (b"GET /health" + anonymous + b"content-length: 3\r\n\r\n", 200, b"\r\n"),
    }


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[ServerProcess, None]:
    """A server with a login and short timeouts."""
    environment = {"CLIENT_SECONDS": str(PATIENCE), "RATE_LIMIT_PER_MINUTE": "0", "JWT_SECRET": SECRET}
    async with running(tmp_path_factory.mktemp("early"), environment) as process:
        yield process


async def dripped(server: ServerProcess, head: bytes, drip: bytes) -> bytes:
    """Return the response; the client sends until the server ends the connection."""
    # Sent at once: a busy loop of this process could exceed the server's timeout between connecting and sending.
    wire = socket.create_connection(("127.0.0.1", server.port))
    wire.sendall(head)
    reader, writer = await asyncio.open_connection(sock=wire)
    answer = bytearray()

    async def read() -> None:
        while piece := await reader.read(MEGABYTE):
            answer.extend(piece)

    async def write() -> None:
        while True:
            writer.write(drip)
            await writer.drain()
            await asyncio.sleep(PATIENCE / 10)

    reading, writing = asyncio.create_task(read()), asyncio.create_task(write())
    try:
        # The end of the server's half is not enough: the connection must accept no further bytes.
        await asyncio.wait([writing])
    finally:
        for task in (reading, writing):
            task.cancel()
        await asyncio.gather(reading, writing, return_exceptions=True)
        writer.transport.abort()
    return bytes(answer)


async def logged(server: ServerProcess, *, cuts: int, since: int = 0) -> list[int]:
    """Wait until the log lines from `since` count `cuts` aborted connections; return the number in each line."""
    while True:
        counts = [int(count) for count in re.findall(r"connections aborted +connections=(\d+)", server.log)][since:]
        if sum(counts) >= cuts:
            return counts
        await asyncio.sleep(0.01)


async def test_a_connection_ends_whatever_arrives_after_the_answer(server: ServerProcess) -> None:
    given = attacks()
    async with asyncio.timeout(BOUND):
        answers = await asyncio.gather(*(dripped(server, head, drip) for head, _, drip in given.values()))
        await logged(server, cuts=1)
    for (name, (_, status, _)), answer in zip(given.items(), answers, strict=True):
        # An upgrade may be answered before or after the bytes behind it are found to be no request.
        assert answer.startswith(b"HTTP/1.1 %d " % status if status else b"HTTP/1.1 "), (name, answer)
    assert "crashed" not in server.log
    assert "response aborted" not in server.log


async def test_an_early_answer_says_that_it_ends_the_connection(server: ServerProcess) -> None:
    async with asyncio.timeout(BOUND):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"POST /chatkit HTTP/1.1\r\nhost: localhost\r\n" + LONG)
        head = await reader.readuntil(b"\r\n\r\n")
        writer.close()
    assert b"connection: close" in head.lower()


async def test_a_whole_request_keeps_its_connection(server: ServerProcess) -> None:
    async with asyncio.timeout(BOUND):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for path in (b"/chatkit", b"/nowhere", b"/api/tasks"):
            writer.write(b"POST %b HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{}" % path)
            answer = await reader.readuntil(b"}")
            assert b"connection: close" not in answer.lower()
        writer.close()


async def test_a_stream_ends_when_its_client_leaves_with_a_pipelined_request(server: ServerProcess) -> None:
    """Two pipelined requests: the second waits for the stream of the first, and the client disconnects."""
    follow = b"GET /api/events HTTP/1.1\r\nhost: localhost\r\nx-request-id: first\r\n" + LOGIN + b"\r\n"
    async with asyncio.timeout(BOUND):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(follow + b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()
        while "request_id=first" not in server.log:  # noqa: ASYNC110  # another process writes it
            await asyncio.sleep(0.01)


async def test_a_sender_reads_why_its_large_body_was_refused(server: ServerProcess) -> None:
    async with asyncio.timeout(BOUND):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"POST /chatkit HTTP/1.1\r\nhost: localhost\r\ncontent-length: 8388608\r\n\r\n")
        for _ in range(8):
            writer.write(b" " * MEGABYTE)
            await writer.drain()
        answer = await reader.read()
        writer.close()
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b'"message"' in answer


async def test_the_log_sums_up_aborted_connections(server: ServerProcess) -> None:
    attackers = 50
    before = len(await logged(server, cuts=0))
    async with asyncio.timeout(BOUND):
        await asyncio.gather(*(dripped(server, *attacks()["no login"][::2]) for _ in range(attackers)))
        counts = await logged(server, cuts=attackers, since=before)
    assert len(counts) < attackers / 2
    assert "sends after its response" in server.log
