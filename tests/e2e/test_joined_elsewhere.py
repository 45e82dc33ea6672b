"""A request that joined its turn on another replica, when that replica gets SIGTERM."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.chatkit_client import ChatKitClient, user_input
from tests.fleet import fleet
from tests.postgres import Databases

HEADERS = {"chatkit-frame-instance-id": "frame-1"}
BODY = {"type": "threads.create", "params": {"input": user_input("count to 2000")}}


async def test_its_stream_is_cut_and_does_not_look_whole(databases: Databases, tmp_path: Path) -> None:
    async with (
        databases.fresh() as url,
        fleet(tmp_path, 2, DATABASE_URL=url, DEMO_DELAY_MS="15", SHUTDOWN_GRACE_SECONDS="0") as (one, other),
        ChatKitClient(one.url, HEADERS) as client,
        ChatKitClient(other.url, HEADERS) as again,
        client.http.stream("POST", "/chatkit", json=BODY) as answer,
        again.http.stream("POST", "/chatkit", json=BODY) as joined,
    ):
        assert joined.headers["x-turn-id"] == answer.headers["x-turn-id"]
        lines = joined.aiter_lines()
        assert "thread.created" in await anext(lines)
        stopping = asyncio.create_task(other.stop())
        with pytest.raises(httpx.RemoteProtocolError):
            await read(lines)
        assert await stopping == 0
        assert "Traceback" not in other.log


async def read(lines: AsyncIterator[str]) -> None:
    """To the end."""
    async for _ in lines:
        pass
