"""HTTP to upstreams, from servers that write bytes by hand: kept connections, torn answers, limits and closings."""

import asyncio
import datetime as dt
import ipaddress
import socket
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.adapters.providers.shared.http import HttpTransport, happy_eyeballs

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"


@asynccontextmanager
async def listening(serve: Serve, **tls: Any) -> AsyncGenerator[tuple[str, list[asyncio.StreamWriter]], None]:
    """A server that leaves each connection to `serve`; its address and the connections it took."""
    taken: list[asyncio.StreamWriter] = []

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append(writer)
        try:
            await serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0, **tls)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"127.0.0.1:{port}", taken
    finally:
        server.close()
        for writer in taken:
            writer.close()


@asynccontextmanager
async def client(**limits: Any) -> AsyncGenerator[httpx2.AsyncClient, None]:
    """A client on the transport under test."""
    async with httpx2.AsyncClient(transport=HttpTransport(ssl.create_default_context, **limits)) as http:
        yield http


def always(*answers: bytes, close: bool = False) -> Serve:
    """The same answer to every request, in these writes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            for answer in answers:
                writer.write(answer)
                await writer.drain()
                await asyncio.sleep(0)
            if close:
                return

    return serve


async def test_a_connection_is_used_again_when_its_answer_is_whole() -> None:
    async with listening(always(OK)) as (address, taken), client() as http:
        for _ in range(3):
            assert (await http.get(f"http://{address}/")).text == "hi"
        assert len(taken) == 1


async def test_a_connection_with_an_unread_answer_is_closed() -> None:
    torn = b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nhi"
    async with listening(always(torn)) as (address, taken), client() as http:
        async with http.stream("GET", f"http://{address}/") as response:
            assert response.status_code == 200
        async with http.stream("GET", f"http://{address}/") as response:
            assert response.status_code == 200
        assert len(taken) == 2


async def test_one_that_was_idle_for_too_long_is_not_used_again() -> None:
    async with listening(always(OK)) as (address, taken), client(keep_seconds=-1.0) as http:
        for _ in range(2):
            assert (await http.get(f"http://{address}/")).text == "hi"
        assert len(taken) == 2


async def test_one_that_the_upstream_closed_is_replaced() -> None:
    transport = HttpTransport(ssl.create_default_context)
    http = httpx2.AsyncClient(transport=transport)
    async with listening(always(OK, close=True)) as (address, taken), http:
        for number in range(1, 4):
            assert (await http.get(f"http://{address}/")).text == "hi"
            assert len(taken) == number
            async with asyncio.timeout(10):
                while not all(connection.closed for connection in transport._open):  # noqa: ASYNC110
                    await asyncio.sleep(0)


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


async def test_a_reader_who_does_not_read_holds_the_upstream_back() -> None:
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


@pytest.mark.parametrize("secured", [False, True])
async def test_a_long_request_arrives_as_it_is_however_it_is_cut(tmp_path: Path, secured: bool) -> None:
    told, trusting = _secured(tmp_path)
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
        listening(serve, ssl=told if secured else None) as (address, _),
        httpx2.AsyncClient(transport=HttpTransport(lambda: trusting)) as http,
    ):
        url = f"{'https' if secured else 'http'}://{address}/"
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


async def test_an_upstream_that_answers_before_it_has_read_everything_is_heard() -> None:
    refused = b"HTTP/1.1 413 Content Too Large\r\nconnection: close\r\ncontent-length: 2\r\n\r\nno"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(refused)
        await writer.drain()
        await reader.read()

    async with listening(serve) as (address, _), client() as http:
        answer = await http.post(f"http://{address}/", content=bytes(64 * 1024 * 1024))
        assert (answer.status_code, answer.text) == (413, "no")


async def test_leaving_an_answer_closes_its_connection() -> None:
    gone = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n")
        try:
            await reader.read()
        finally:
            gone.set()

    async with listening(serve) as (address, _), client() as http:
        async with http.stream("GET", f"http://{address}/") as response:
            assert await anext(response.aiter_raw()) == b"x"
        await asyncio.wait_for(gone.wait(), 10)


@pytest.mark.parametrize("value", ["a\r\nx: y", "a\n", " a", "a "])
async def test_a_header_that_would_end_before_its_time_is_not_sent(value: str) -> None:
    async with listening(always(OK)) as (address, taken), client() as http:
        with pytest.raises(httpx2.LocalProtocolError):
            await http.get(f"http://{address}/", headers={"authorization": value})
        assert taken == []


async def test_nobody_there_no_name_and_no_protocol_are_told_apart() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        async with client() as http:
            with pytest.raises(httpx2.ConnectError):
                await http.get(f"http://127.0.0.1:{port}/")
            with pytest.raises(httpx2.UnsupportedProtocol):
                await http.get("ftp://127.0.0.1/")


async def test_connections_have_a_limit_and_a_time_to_wait_for_one() -> None:
    hold = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await hold.wait()
        writer.write(OK)

    async with listening(serve) as (address, _), client(at_most=1) as http:
        first = asyncio.create_task(http.get(f"http://{address}/"))
        await asyncio.sleep(0)
        with pytest.raises(httpx2.PoolTimeout):
            await http.get(f"http://{address}/", timeout=httpx2.Timeout(5, pool=0.05))
        hold.set()
        assert (await first).text == "hi"
        assert (await http.get(f"http://{address}/")).text == "hi"


async def test_https_is_asked_for_and_checked(tmp_path: Path) -> None:
    told, trusting = _secured(tmp_path)
    async with listening(always(OK), ssl=told) as (address, taken):
        async with client() as http:
            with pytest.raises(httpx2.ConnectError):
                await http.get(f"https://{address}/")
        taken.clear()
        async with httpx2.AsyncClient(transport=HttpTransport(lambda: trusting)) as http:
            for _ in range(2):
                assert (await http.get(f"https://{address}/")).text == "hi"
        assert len(taken) == 1


def _secured(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server needs to speak TLS here, and what a client needs to trust it."""
    certificate, key = _certified(folder)
    told = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    told.load_cert_chain(certificate, key)
    return told, ssl.create_default_context(cafile=str(certificate))


def _certified(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine that nobody has signed but itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "upstream")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = builder.add_extension(here, critical=False).sign(key, hashes.SHA256())
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, secret


async def test_an_address_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []
    connected = happy_eyeballs._connected  # stands in for a network without an answer

    async def silent(family: int, address: tuple[Any, ...]) -> socket.socket:
        tried.append(address[0])
        if family == socket.AF_INET6:
            await asyncio.Event().wait()
        return await connected(family, address)

    async with listening(always(OK)) as (address, _):
        port = int(address.rpartition(":")[2])
        found = [(socket.AF_INET6, 1, 6, "", ("::1", port, 0, 0)), (socket.AF_INET, 1, 6, "", ("127.0.0.1", port))]

        async def both(*_: Any, **__: Any) -> list[Any]:
            return found

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", both)
        monkeypatch.setattr(happy_eyeballs, "_connected", silent)
        async with client() as http:
            assert (await http.get(f"http://upstream:{port}/")).text == "hi"
    assert tried == ["::1", "127.0.0.1"]
