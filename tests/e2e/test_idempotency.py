"""Idempotency: a request that is repeated after a lost response starts no second turn."""

import asyncio
from collections.abc import AsyncIterator
from secrets import token_hex

import httpx
import pytest

from tests.chatkit_client import ChatKitClient, user_input
from tests.server import ServerProcess, running

HELLO = {"type": "threads.create", "params": {"input": user_input("Hello!")}}


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServerProcess]:
    """Server that answers slowly enough for a disconnect in the middle of a word."""
    async with running(tmp_path_factory.mktemp("server"), {"DEMO_DELAY_MS": "10"}) as server:
        yield server


@pytest.fixture
async def client(server: ServerProcess) -> AsyncIterator[ChatKitClient]:
    """Page of this test alone, so that it repeats no request of another test."""
    async with ChatKitClient(server.url, {"chatkit-frame-instance-id": token_hex(6)}) as client:
        yield client


async def threads(client: ChatKitClient) -> int:
    """Return the number of threads."""
    return len((await client.call("threads.list", limit=100))["data"])


async def test_two_at_once_are_one_turn(client: ChatKitClient) -> None:
    before = await threads(client)
    answers = await asyncio.gather(*(client.http.post("/chatkit", json=HELLO) for _ in range(3)))
    assert len({answer.text for answer in answers}) == 1
    assert await threads(client) == before + 1


async def test_after_a_broken_connection(client: ChatKitClient) -> None:
    before = await threads(client)
    async with client.http.stream("POST", "/chatkit", json=HELLO) as broken:
        begun = await anext(broken.aiter_lines())
    again = await client.http.post("/chatkit", json=HELLO)
    assert again.text.splitlines()[0] == begun
    assert await threads(client) == before + 1


async def test_another_user_agent_another_tab_and_a_repetition_on_purpose(server: ServerProcess) -> None:
    tab, another = ({"chatkit-frame-instance-id": token_hex(6)} for _ in range(2))
    async with ChatKitClient(server.url) as client:
        before = await threads(client)
        for headers in ({}, {}, tab, tab, another):
            answer = await client.http.post("/chatkit", json=HELLO, headers=headers)
            assert answer.status_code == httpx.codes.OK
        assert await threads(client) == before + 5
