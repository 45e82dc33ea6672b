"""Lists of texts from before texts had bounds: they are read, page by page, and unread they cost little."""

import asyncio
from pathlib import Path

import msgspec
import psutil

from app.adapters.auth.single_user import LOCAL_USER
from app.domain.identity import RequestContext
from app.ports.thread_store import PAGE_BYTES
from tests.chatkit_client import ChatKitClient
from tests.factories import thread
from tests.server import running
from tests.sql import storage_at

MEGABYTE = 1024 * 1024
THREADS = 40
READERS = 10
TITLE = 1_900_000
BOUND = 60.0
LIST = msgspec.json.encode({"type": "threads.list", "params": {"limit": 100}})


async def test_unread_lists_of_long_titles_cost_little_memory(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/old.db"
    async with storage_at(url) as storage:
        for number in range(THREADS):
            await storage.threads.save_thread(
                thread(title=f"{number:02}" * (TITLE // 2)), RequestContext(user_id=LOCAL_USER)
            )
    environment = {"DATABASE_URL": url, "DEMO_DELAY_MS": "0", "RATE_LIMIT_PER_MINUTE": "0"}
    async with asyncio.timeout(BOUND), running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
        memory = psutil.Process(server.pid).memory_info
        page = await client.call("threads.list", limit=100)
        seen = page["data"]
        while page["has_more"]:
            page = await client.call("threads.list", limit=100, after=page["after"])
            assert len(msgspec.json.encode(page)) < PAGE_BYTES + 2 * TITLE
            seen += page["data"]
        assert len({entry["title"] for entry in seen}) == THREADS
        before = memory().rss
        readers = [await ask(server.port) for _ in range(READERS)]
        await client.say("Hello!")  # Others are answered meanwhile.
        assert memory().rss - before < 100 * MEGABYTE
        for writer in readers:
            writer.transport.abort()


async def ask(port: int) -> asyncio.StreamWriter:
    """Ask for a list, see that its answer has begun, and read no more of it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    head = b"POST /chatkit HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    writer.write(head % len(LIST) + LIST)
    await reader.readuntil(b"\r\n")
    return writer
