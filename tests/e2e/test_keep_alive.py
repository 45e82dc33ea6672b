"""Streams on which nothing happens stay open through a proxy that gives up on silence."""

import asyncio
from pathlib import Path

from tests.chatkit_client import user_input
from tests.fakes.chat_wire import OpenAIChat
from tests.fakes.upstream import Until, Upstream, stream
from tests.fleet import fleet
from tests.impatient_proxy import impatient_proxy
from tests.postgres import Databases
from tests.raw_reader import RawReader

WIRE = OpenAIChat()
INTERVAL = 0.2
PATIENCE = 3.0
SILENCE = int(1.5 * PATIENCE / INTERVAL)
"""In pings: longer than the proxy waits."""


async def test_idle_streams_outlive_a_proxy_that_waits_less_than_they_are_silent(
    databases: Databases, tmp_path: Path
) -> None:
    speak = asyncio.Event()
    async with Upstream() as model, databases.fresh() as url:
        model.always(stream(*WIRE.begin("one "), Until(speak), WIRE.frame({"content": "two"}), *WIRE.end()))
        environment = {"LLM_PROVIDER": "openai", "OPENAI_BASE_URL": f"{model.url}/v1", "DATABASE_URL": url}
        async with (
            fleet(tmp_path, 2, KEEP_ALIVE_SECONDS=str(INTERVAL), **environment) as (one, other),
            impatient_proxy(one, PATIENCE) as here,
            impatient_proxy(other, PATIENCE) as there,
            RawReader(here, "POST", "/chatkit", asks("Count!")) as asking,
        ):
            silent, kept = await asyncio.open_connection("127.0.0.1", int(here.rpartition(":")[2]))
            await asking.until("one ")
            follow = f"/api/threads/{asking.thread_id}/stream"
            async with (
                RawReader(here, "GET", follow) as following,
                RawReader(there, "GET", follow) as following_there,
                RawReader(there, "GET", "/api/events") as told,
            ):
                await following_there.until("one ")
                readers = (asking, following, following_there, told)
                await asyncio.gather(*(reader.pinged(SILENCE) for reader in readers))
                assert await silent.read() == b"", "the proxy hangs up on a server that says nothing"
                kept.close()
                speak.set()
                await asyncio.gather(*(reader.until("one two") for reader in readers[:3]))
                assert told.pings >= SILENCE


def asks(text: str) -> dict[str, object]:
    return {"type": "threads.create", "params": {"input": user_input(text)}}
