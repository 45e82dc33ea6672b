"""A quota counts what is on its way: room is reserved before bytes are taken, and a refused file leaves nothing."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.chatkit_client import ChatKitClient
from tests.server import ServerProcess, running
from tests.uploads import announce, post_file, send_bytes

QUOTA = 5_000_000
FILE = b"0123456789abcdef" * 118_750
"""1.9 MB: two of them fit."""

FITTING = QUOTA // len(FILE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("quota")


@pytest.fixture(scope="module")
async def server(folder: Path) -> AsyncIterator[ServerProcess]:
    limits = {"ATTACHMENTS_BYTES_PER_USER": str(QUOTA), "ATTACHMENT_MAX_BYTES": str(QUOTA), "LLM_PROVIDER": "demo"}
    async with running(folder, limits) as server:
        yield server


@pytest.fixture
async def client(server: ServerProcess, disk: "Disk") -> AsyncIterator[ChatKitClient]:
    """A client whose uploads are all taken back in the end: without a login there is one user."""
    async with ChatKitClient(server.url) as client:
        yield client
        for name in disk.names():
            await client.call("attachments.delete", attachment_id=name)
        await disk.until_empty()


@pytest.fixture
def disk(folder: Path, server: ServerProcess) -> "Disk":
    return Disk(folder / "data" / "attachments")


class Disk:
    """The folder of the files, and the most bytes that were ever in it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.peak = 0

    def names(self) -> set[str]:
        return {file.name for file in self._path.glob("*")}

    def size(self) -> int:
        total = 0
        for file in self._path.glob("*"):
            try:
                total += file.stat().st_size
            except FileNotFoundError:
                continue
        return total

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        async def watch() -> None:
            while True:
                self.peak = max(self.peak, self.size())
                await asyncio.sleep(0.002)

        watching = asyncio.create_task(watch())
        try:
            yield
        finally:
            watching.cancel()

    async def until_empty(self) -> None:
        async with asyncio.timeout(20):
            while self.names():  # noqa: ASYNC110  # another process deletes them
                await asyncio.sleep(0.02)


async def in_pieces(content: bytes = FILE, size: int = 50_000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]
        await asyncio.sleep(0)


async def directly(client: ChatKitClient) -> httpx.Response:
    return await post_file(client, "a.txt", FILE)


async def in_chunks(client: ChatKitClient) -> httpx.Response:
    """Without a word on how long it is."""

    async def form() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        async for piece in in_pieces():
            yield piece
        yield b"\r\n--x--\r\n"

    kind = {"content-type": "multipart/form-data; boundary=x"}
    return await client.http.post("/api/attachments", content=form(), headers=kind)


async def in_two_phases(client: ChatKitClient) -> httpx.Response:
    body = {"type": "attachments.create", "params": {"name": "a.txt", "size": len(FILE), "mime_type": "text/plain"}}
    created = await client.http.post("/chatkit", json=body)
    return await send_bytes(client, created.json(), FILE) if created.is_success else created


@pytest.mark.parametrize("way", [directly, in_two_phases])
async def test_uploads_at_once_take_no_more_disk_than_there_is_room(
    client: ChatKitClient, disk: Disk, way: Any
) -> None:
    async with disk.watched():
        answers = await asyncio.gather(*(way(client) for _ in range(12)))
    assert Counter(answer.status_code for answer in answers) == {200: FITTING, 400: 12 - FITTING}
    assert all("no room" in answer.json()["message"] for answer in answers if answer.is_error)
    assert disk.peak <= QUOTA
    assert disk.size() == FITTING * len(FILE)


async def test_so_do_uploads_that_do_not_say_how_large_they_are(client: ChatKitClient, disk: Disk) -> None:
    async with disk.watched():
        answers = await asyncio.gather(*(in_chunks(client) for _ in range(12)))
    taken = sum(answer.is_success for answer in answers)
    assert taken <= FITTING
    assert disk.peak <= QUOTA
    assert disk.size() == taken * len(FILE)
    assert len(disk.names()) == taken
    assert (await in_chunks(client)).is_success == (taken < FITTING), "those that were refused hold no room"


async def test_one_announcement_is_not_filled_twelve_times_over(client: ChatKitClient, disk: Disk) -> None:
    created = await announce(client, "a.txt", FILE)
    async with disk.watched():
        answers = await asyncio.gather(*(send_bytes(client, created, FILE) for _ in range(12)))
    assert any(answer.is_success for answer in answers)
    assert {answer.status_code for answer in answers} <= {200, 400}
    assert disk.peak <= QUOTA
    assert disk.names() == {created["id"]}
    assert (await directly(client)).is_success


async def test_a_client_that_goes_away_gives_its_room_back(client: ChatKitClient, disk: Disk) -> None:
    begun = asyncio.Event()

    async def half() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        yield FILE
        begun.set()
        await asyncio.Event().wait()

    headers = {"content-type": "multipart/form-data; boundary=x", "content-length": str(QUOTA)}
    leaving = asyncio.create_task(client.http.post("/api/attachments", content=half(), headers=headers))
    await begun.wait()
    async with asyncio.timeout(20):
        while (await directly(client)).is_success:
            for name in disk.names():
                await client.call("attachments.delete", attachment_id=name)
    leaving.cancel()
    async with asyncio.timeout(20):
        while not (await directly(client)).is_success:  # noqa: ASYNC110  # the server hears of it in its own time
            await asyncio.sleep(0.02)
    assert len(disk.names()) == 1


@pytest.mark.parametrize("sent", [b"\x00\x01\x02\x03\x04", b"hello, and more"], ids=["another type", "more"])
async def test_an_announcement_goes_with_the_file_that_is_refused(
    client: ChatKitClient, disk: Disk, sent: bytes
) -> None:
    created = await announce(client, "a.txt", b"hello")
    assert (await send_bytes(client, created, sent)).is_client_error
    await client.refused("attachments.delete", attachment_id=created["id"])
    assert (await send_bytes(client, created, b"hello")).status_code == httpx.codes.NOT_FOUND
    assert disk.names() == set()


async def test_an_upload_that_broke_off_may_come_again(client: ChatKitClient) -> None:
    created = await announce(client, "a.txt", FILE)
    assert (await send_bytes(client, created, FILE[:-1])).is_client_error
    assert (await send_bytes(client, created, FILE)).is_success
