"""Connections to upstreams: reuse, limits, TLS and closing."""

import asyncio
import socket
import ssl
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.adapters.providers.shared.http import HttpTransport, happy_eyeballs
from tests.unit.http_transport.serving import OK, always, client, listening, secured


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


async def test_a_refused_connection_and_an_unknown_protocol_raise_their_own_errors() -> None:
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
    serving_tls, trusting = secured(tmp_path)
    async with listening(always(OK), ssl=serving_tls) as (address, taken):
        async with client() as http:
            with pytest.raises(httpx2.ConnectError):
                await http.get(f"https://{address}/")
        taken.clear()
        async with httpx2.AsyncClient(transport=HttpTransport(lambda: trusting)) as http:
            for _ in range(2):
                assert (await http.get(f"https://{address}/")).text == "hi"
        assert len(taken) == 1


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
