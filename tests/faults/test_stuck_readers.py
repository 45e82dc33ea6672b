"""Stuck readers: they cost bounded memory, slow no other stream down, and are disconnected."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import psutil

from tests.chatkit_client import ChatKitClient, user_input
from tests.fakes.chat_wire import OpenAIChat
from tests.fakes.upstream import Upstream, stream
from tests.raw_reader import RawReader
from tests.server import ServerProcess, running

READERS = 40
MEGABYTE = 1024 * 1024
WIRE = OpenAIChat()


def connections(server: ServerProcess) -> int:
    """How many clients the server is connected to."""
    found = psutil.Process(server.pid).net_connections()
    return sum(one.status == psutil.CONN_ESTABLISHED and one.laddr.port == server.port for one in found)


async def test_they_cost_little_and_are_dropped(tmp_path: Path, record_property: Callable[..., None]) -> None:
    piece = "0123456789abcdef" * 1024
    async with Upstream() as model:
        # About four megabytes: more than the system's own buffers take.
        model.always(stream(*WIRE.begin(*[piece] * 256), *WIRE.end()))
        environment = {"LLM_PROVIDER": "openai", "OPENAI_BASE_URL": f"{model.url}/v1", "DATABASE_URL": "memory://"}
        environment |= {"CLIENT_SECONDS": "6", "ON_DISCONNECT": "finish", "RATE_LIMIT_PER_MINUTE": "0"}
        async with (
            running(tmp_path, environment) as server,
            ChatKitClient(server.url) as client,
            AsyncExitStack() as all_,
        ):
            thread = (await client.say("Talk!")).thread_id
            memory = psutil.Process(server.pid).memory_info
            before, idle = memory().rss, connections(server)
            target = f"/api/threads/{thread}/stream"
            for _ in range(READERS):
                reader = await all_.enter_async_context(RawReader(server.url, "GET", target, room=4096))
                await reader.began()
            grown = memory().rss - before
            record_property("table", f"{READERS} readers that read nothing of 4 MB: {grown / MEGABYTE:.0f} MB")
            assert grown < 2 * READERS * MEGABYTE, "no copy of the answer for each"
            body = {"type": "threads.create", "params": {"input": user_input("Talk!")}}
            await all_.enter_async_context(RawReader(server.url, "POST", "/chatkit", body, room=4096))
            whole = await client.say("Talk!", thread)
            assert whole.text == piece * 256, "who reads gets everything meanwhile"
            async with asyncio.timeout(60):
                while await asyncio.to_thread(connections, server) > idle:
                    """True while the readers are connected."""


async def test_a_slow_reader_is_not_disconnected(tmp_path: Path) -> None:
    piece = "0123456789abcdef" * 1024
    async with Upstream() as model:
        model.always(stream(*WIRE.begin(*[piece] * 64), *WIRE.end()))
        environment = {"LLM_PROVIDER": "openai", "OPENAI_BASE_URL": f"{model.url}/v1", "DATABASE_URL": "memory://"}
        body = {"type": "threads.create", "params": {"input": user_input("Talk!")}}
        async with (
            running(tmp_path, {**environment, "CLIENT_SECONDS": "1"}) as server,
            RawReader(server.url, "POST", "/chatkit", body, room=4096) as reader,
        ):
            await reader.until(piece * 64, pause=0.005)
