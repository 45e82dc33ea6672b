"""A request that is sent again because its answer did not come begins nothing anew."""

import asyncio
from pathlib import Path

import httpx

from tests.chatkit_client import ChatKitClient, user_input
from tests.server import running

FRONT_END = {"chatkit-frame-instance-id": "instance-1"}
HELLO = {"type": "threads.create", "params": {"input": user_input("Hello!")}}


async def test_two_at_once_are_one_turn(tmp_path: Path) -> None:
    async with running(tmp_path) as server, ChatKitClient(server.url, FRONT_END) as client:
        answers = await asyncio.gather(*(client.http.post("/chatkit", json=HELLO) for _ in range(3)))
        assert len({answer.text for answer in answers}) == 1
        assert len((await client.call("threads.list"))["data"]) == 1


async def test_after_a_broken_connection(tmp_path: Path) -> None:
    async with running(tmp_path, {"DEMO_DELAY_MS": "20"}) as server, ChatKitClient(server.url, FRONT_END) as client:
        async with client.http.stream("POST", "/chatkit", json=HELLO) as broken:
            begun = await anext(broken.aiter_lines())
        again = await client.http.post("/chatkit", json=HELLO)
        assert again.text.splitlines()[0] == begun
        assert len((await client.call("threads.list"))["data"]) == 1


async def test_another_user_agent_another_tab_and_a_repetition_on_purpose(tmp_path: Path) -> None:
    async with running(tmp_path, {"DEMO_DELAY_MS": "0"}) as server, ChatKitClient(server.url) as client:
        for headers in ({}, {}, FRONT_END, FRONT_END, {"chatkit-frame-instance-id": "instance-2"}):
            answer = await client.http.post("/chatkit", json=HELLO, headers=headers)
            assert answer.status_code == httpx.codes.OK
        assert len((await client.call("threads.list"))["data"]) == 5
