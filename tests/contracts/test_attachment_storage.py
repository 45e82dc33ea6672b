"""What every `AttachmentStorage` promises."""

import asyncio
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from pathlib import Path
from typing import Final

import httpx
import msgspec
import pytest
from moto.server import ThreadedMotoServer

from app.adapters.attachments.obstore_storage import open_attachments
from app.domain.errors import NotFoundError, StoreUnavailableError
from app.domain.ids import new_id
from app.environment import Secret
from app.ports.attachment_storage import AttachmentStorage
from app.settings.attachments import AttachmentSettings
from tests.ports import free_port
from tests.server import FROM_HERE

MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def s3() -> AsyncIterator[str]:  # type: ignore[misc]  # a generator, as fixtures are
    """A server that speaks like S3, with a bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        httpx.put(f"http://{host}:{port}/files", trust_env=False).raise_for_status()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest.fixture(params=["memory", "folder", "s3"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AttachmentStorage]:
    """The storage under test."""
    match request.param:
        case "memory":
            settings = AttachmentSettings(url="memory://")
        case "folder":
            settings = AttachmentSettings(url=f"file://{tmp_path}/not there yet")
        case _:
            settings = at_s3(request.getfixturevalue("s3"))
    storage = open_attachments(settings)
    yield storage
    await storage.aclose()


@pytest.fixture
def key() -> str:
    return new_id("atc")


def at_s3(endpoint: str) -> AttachmentSettings:
    return AttachmentSettings(
        url="s3://files/some/prefix",
        endpoint=endpoint,
        region="us-east-1",
        access_key_id="id",
        secret_access_key=Secret("planted-secret"),
    )


async def pieces(*content: bytes) -> AsyncGenerator[bytes, None]:
    for piece in content:
        yield piece


async def content_of(storage: AttachmentStorage, key: str) -> bytes:
    return b"".join([piece async for piece in storage.read(key)])


@pytest.mark.parametrize(
    "content",
    [(), (b"",), (b"one",), (b"one", b"", b"two"), (b"x" * MEGABYTE,) * 13],
    ids=["nothing", "empty", "one", "some", "many parts"],
)
async def test_what_is_written_is_read(storage: AttachmentStorage, key: str, content: Sequence[bytes]) -> None:
    await storage.write(key, pieces(*content))
    assert await content_of(storage, key) == b"".join(content)


async def test_a_file_is_replaced(storage: AttachmentStorage, key: str) -> None:
    await storage.write(key, pieces(b"longer than the other"))
    await storage.write(key, pieces(b"short"))
    assert await content_of(storage, key) == b"short"


async def test_a_file_that_is_not_there(storage: AttachmentStorage, key: str) -> None:
    with pytest.raises(NotFoundError):
        await content_of(storage, key)


async def test_deleting_some(storage: AttachmentStorage) -> None:
    keys = [new_id("atc") for _ in range(3)]
    for key in keys:
        await storage.write(key, pieces(b"x"))
    await storage.delete([*keys[:2], "unknown"])
    await storage.delete(keys[:2])
    await storage.delete([])
    for key in keys[:2]:
        with pytest.raises(NotFoundError):
            await content_of(storage, key)
    assert await content_of(storage, keys[2]) == b"x"


@pytest.mark.parametrize("megabytes", [0, 12])
async def test_half_a_file_is_none(storage: AttachmentStorage, key: str, megabytes: int) -> None:
    async def broken() -> AsyncGenerator[bytes, None]:
        for _ in range(megabytes):
            yield b"x" * MEGABYTE
        raise ConnectionAbortedError("the client has gone")

    with pytest.raises(ConnectionAbortedError):
        await storage.write(key, broken())
    with pytest.raises(NotFoundError):
        await content_of(storage, key)


async def test_half_a_file_replaces_none(storage: AttachmentStorage, key: str) -> None:
    async def broken() -> AsyncGenerator[bytes, None]:
        yield b"new"
        raise ConnectionAbortedError("the client has gone")

    await storage.write(key, pieces(b"old"))
    with pytest.raises(ConnectionAbortedError):
        await storage.write(key, broken())
    assert await content_of(storage, key) == b"old"


async def test_a_cancelled_file_is_none(storage: AttachmentStorage, key: str) -> None:
    started = asyncio.Event()

    async def endless() -> AsyncGenerator[bytes, None]:
        while True:
            yield b"x" * MEGABYTE
            started.set()
            await asyncio.sleep(0.01)

    writing = asyncio.create_task(storage.write(key, endless()))
    await started.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    with pytest.raises(NotFoundError):
        await content_of(storage, key)


_DIES: Final = """
import asyncio, os, sys
from app.adapters.attachments.obstore_storage import open_attachments
from app.settings.attachments import AttachmentSettings

async def content():
    for _ in range(11):
        yield b"x" * 1_000_000
    await asyncio.sleep(0.2)  # Until a part has been written.
    os._exit(1)

asyncio.run(open_attachments(AttachmentSettings(url=sys.argv[1])).write(sys.argv[2], content()))
"""


async def test_what_a_dead_process_left_of_a_file_can_be_discarded(tmp_path: Path, key: str) -> None:
    settings, other = AttachmentSettings(url=f"file://{tmp_path}/files"), f"{key}0"

    async def write_and_die(key: str) -> None:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", FROM_HERE + _DIES, settings.url, key)
        assert await process.wait() == 1

    def leftovers(key: str) -> int:
        return len([*(tmp_path / "files").glob(f"{key}#*")])

    await asyncio.gather(write_and_die(key), write_and_die(other))
    assert (leftovers(key), leftovers(other)) == (1, 1)
    storage = open_attachments(settings)
    await storage.write(key, pieces(b"whole"))
    await storage.discard(key)
    await storage.discard("unknown")
    assert (leftovers(key), leftovers(other)) == (0, 1)
    assert await content_of(storage, key) == b"whole"
    await storage.discard(other)
    assert leftovers(other) == 0
    await storage.aclose()


async def test_a_bucket_that_is_not_there_is_no_missing_file(s3: str) -> None:
    storage = open_attachments(msgspec.structs.replace(at_s3(s3), url="s3://nobodys/prefix"))
    for attempt in (
        storage.check_writing(),
        storage.write("key", pieces(b"x")),
        storage.delete(["key"]),
        content_of(storage, "key"),
    ):
        with pytest.raises(StoreUnavailableError) as caught:
            await attempt
        assert "NoSuchBucket" in caught.value.detail
        assert "create the bucket, or name another in ATTACHMENTS_URL" in caught.value.detail
    await storage.aclose()


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("InvalidAccessKeyId", "AWS_ACCESS_KEY_ID"),
        ("SignatureDoesNotMatch", "AWS_SECRET_ACCESS_KEY"),
        ("AccessDenied", "what they may do"),
        ("ExpiredToken", "AWS_SESSION_TOKEN"),
    ],
)
async def test_a_refusal_is_named_with_the_setting_to_mend(code: str, hint: str) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = f"<?xml version='1.0'?>\n<Error><Code>{code}</Code><Message>No.</Message></Error>".encode()
        writer.write(b"HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        storage = open_attachments(at_s3(f"http://127.0.0.1:{port}"))
        attempts = (storage.check_writing(), storage.write("k", pieces(b"x")), storage.delete(["k"]))
        for attempt in attempts:
            with pytest.raises(StoreUnavailableError) as caught:
                await attempt
            assert f"{code}: No.; " in caught.value.detail
            assert hint in caught.value.detail
        await storage.aclose()


async def test_an_unreachable_address_is_named_with_the_cause() -> None:
    storage = open_attachments(at_s3(f"http://127.0.0.1:{free_port()}"))
    with pytest.raises(StoreUnavailableError) as caught:
        await storage.check_writing()
    assert "Connection refused; check AWS_ENDPOINT_URL" in caught.value.detail
    await storage.aclose()


async def test_many_at_once(storage: AttachmentStorage) -> None:
    keys = [new_id("atc") for _ in range(20)]
    await asyncio.gather(*(storage.write(key, pieces(key.encode())) for key in keys))
    assert await asyncio.gather(*(content_of(storage, key) for key in keys)) == [key.encode() for key in keys]


async def test_a_storage_that_works_is_in_order(storage: AttachmentStorage) -> None:
    await storage.check()
    await storage.check_writing()


async def test_closing_twice_does_no_harm(storage: AttachmentStorage) -> None:
    await storage.aclose()
    await storage.aclose()


@pytest.fixture(params=["folder", "s3"])
async def broken(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AttachmentStorage]:
    """A storage that cannot be used."""
    (tmp_path / "file").write_text("no folder")
    unused_address = f"http://127.0.0.1:{free_port()}"
    wanted = {"folder": AttachmentSettings(url=f"file://{tmp_path}/file/under"), "s3": at_s3(unused_address)}
    storage = open_attachments(wanted[request.param])
    yield storage
    await storage.aclose()


async def test_a_storage_that_is_not_there_names_the_setting_in_the_detail_alone(broken: AttachmentStorage) -> None:
    for attempt in (broken.check_writing(), broken.write("key", pieces(b"x")), broken.delete(["key"])):
        with pytest.raises(StoreUnavailableError, match="try again") as caught:
            await attempt
        assert "ATTACHMENTS_URL" not in caught.value.message
        assert "check ATTACHMENTS_URL" in caught.value.detail
        assert "planted-secret" not in caught.value.detail
    with pytest.raises(StoreUnavailableError):
        await content_of(broken, "key")
