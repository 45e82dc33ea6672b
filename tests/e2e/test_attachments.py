"""Files, from the composer to the model and back, on a real server."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from chatkit.types import ThreadCreatedEvent, ThreadUpdatedEvent

from tests.chatkit_client import ChatKitClient, Exchange, user_input
from tests.server import ServerProcess, running
from tests.uploads import (
    PDF,
    SVG,
    announce,
    png,
    post_file,
    send_bytes,
    upload_directly,
    upload_in_two_phases,
)

MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("attachments")


@pytest.fixture(scope="module")
async def server(folder: Path) -> AsyncIterator[ServerProcess]:
    async with running(folder, {"ATTACHMENT_MAX_BYTES": str(150 * MEGABYTE), "LLM_PROVIDER": "demo"}) as server:
        yield server


@pytest.fixture
async def client(server: ServerProcess) -> AsyncIterator[ChatKitClient]:
    async with ChatKitClient(server.url) as client:
        yield client


@pytest.fixture
def files(folder: Path, server: ServerProcess) -> "Folder":
    return Folder(folder / "data" / "attachments")


async def send(client: ChatKitClient, *attachments: dict[str, Any], text: str = "Look at this") -> Exchange:
    ids = [attachment["id"] for attachment in attachments]
    return Exchange(await client.events("threads.create", input=user_input(text, attachments=ids)))


async def fetch(url: str) -> httpx.Response:
    """As an <img> does: without a login."""
    async with httpx.AsyncClient(trust_env=False) as anonymous:
        return await anonymous.get(url)


class Folder:
    """The folder that the server keeps files in."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def names(self) -> set[str]:
        return {file.name for file in self._path.glob("*")}

    def read(self, name: str) -> bytes:
        return (self._path / name).read_bytes()

    def size(self, name: str) -> int:
        return (self._path / name).stat().st_size

    async def until_gone(self, name: str) -> None:
        async with asyncio.timeout(20):
            while name in self.names():  # noqa: ASYNC110  # another process deletes it
                await asyncio.sleep(0.02)


@pytest.mark.parametrize("upload", [upload_directly, upload_in_two_phases])
async def test_a_file_lives_as_long_as_its_thread(client: ChatKitClient, files: Folder, upload: Any) -> None:
    picture = await upload(client, "photo.png", png(), "image/png")
    notes = await upload(client, "notes.md", b"# Notes\n")
    assert files.read(picture["id"]) == png()

    exchange = await send(client, picture, notes)
    assert [attachment.name for attachment in exchange.items[0].attachments] == ["photo.png", "notes.md"]
    assert exchange.error is None

    thread = await client.call("threads.get_by_id", thread_id=exchange.thread_id)
    image, text = thread["items"]["data"][0]["attachments"]
    assert (image["type"], image["mime_type"]) == ("image", "image/png")
    assert (text["type"], text["mime_type"]) == ("file", "text/markdown")
    assert image["thread_id"] == exchange.thread_id
    assert image.get("upload_descriptor") is None
    assert "metadata" not in image
    shown = await fetch(image["preview_url"])
    assert shown.content == png()
    assert shown.headers["content-type"] == "image/png"

    await client.call("threads.delete", thread_id=exchange.thread_id)
    await files.until_gone(picture["id"])
    await files.until_gone(notes["id"])
    assert (await fetch(image["preview_url"])).status_code == httpx.codes.NOT_FOUND


async def test_a_thread_that_begins_with_a_file_gets_its_title_with_the_answer(client: ChatKitClient) -> None:
    exchange = await send(client, await upload_directly(client, "a.txt", b"milk, bread"), text="A list")
    created, *others = exchange.events
    assert isinstance(created, ThreadCreatedEvent)
    assert created.thread.title is None
    assert [event.thread.title for event in others if isinstance(event, ThreadUpdatedEvent)] == ["A list"]


async def test_a_form_will_do_for_the_second_phase(client: ChatKitClient) -> None:
    created = await announce(client, "a.txt", b"hello")
    answer = await client.http.post(created["upload_descriptor"]["url"], files={"file": ("a.txt", b"hello")})
    assert answer.status_code == httpx.codes.OK
    assert (await send(client, created)).error is None


async def test_a_file_can_be_fetched_by_its_owner(client: ChatKitClient) -> None:
    created = await upload_directly(client, "résumé ☕.pdf", PDF, "application/pdf")
    card = (await client.http.get(f"/api/attachments/{created['id']}")).json()
    assert (card["name"], card["size"], card["preview_url"]) == ("résumé ☕.pdf", len(PDF), None)
    answer = await fetch(card["download_url"])
    assert answer.content == PDF
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''r%C3%A9sum%C3%A9%20%E2%98%95.pdf"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_what_is_taken_back_is_gone(client: ChatKitClient, files: Folder) -> None:
    created = await upload_in_two_phases(client, "a.txt", b"hello")
    await client.call("attachments.delete", attachment_id=created["id"])
    await files.until_gone(created["id"])
    assert (await send_bytes(client, created, b"hello")).status_code == httpx.codes.NOT_FOUND
    assert created["id"] not in files.names()


async def test_what_was_sent_is_not_taken_back_nor_changed(client: ChatKitClient) -> None:
    created = await upload_in_two_phases(client, "a.txt", b"hello")
    await send(client, created)
    await client.refused("attachments.delete", attachment_id=created["id"])
    assert (await send_bytes(client, created, b"world")).status_code == httpx.codes.CONFLICT
    await client.refused("threads.create", input=user_input("again", attachments=[created["id"]]))


async def test_what_was_not_uploaded_cannot_be_sent(client: ChatKitClient) -> None:
    created = await announce(client, "a.txt", b"hello")
    problem = await client.refused("threads.create", input=user_input("hi", attachments=[created["id"]]))
    assert "a.txt" in problem["message"]
    await client.refused("threads.create", input=user_input("hi", attachments=["atc_unknown"]))


async def test_more_files_than_a_message_may_have(client: ChatKitClient) -> None:
    ids = [(await upload_directly(client, "a.txt", b"hello"))["id"] for _ in range(11)]
    problem = await client.refused("threads.create", input=user_input("hi", attachments=ids))
    assert "10" in problem["message"]


@pytest.mark.parametrize(
    ("name", "claim"), [("a.svg", "image/svg+xml"), ("a.png", "image/png"), ("a.txt", "text/plain")]
)
async def test_active_content_is_known_whatever_it_calls_itself(
    client: ChatKitClient, files: Folder, name: str, claim: str
) -> None:
    before = files.names()
    assert (await post_file(client, name, SVG, claim)).status_code == httpx.codes.BAD_REQUEST
    assert (await post_file(client, name, b"<!DOCTYPE html><script>", claim)).status_code == httpx.codes.BAD_REQUEST
    if claim != "image/svg+xml":
        created = await announce(client, name, SVG, claim)
        assert (await send_bytes(client, created, SVG)).status_code == httpx.codes.BAD_REQUEST
    assert files.names() == before


async def test_a_text_that_calls_itself_an_image_is_no_image(client: ChatKitClient) -> None:
    created = await upload_in_two_phases(client, "a.png", b"hello", "image/png")
    exchange = await send(client, created)
    assert exchange.items[0].attachments[0].type == "file"
    assert (await fetch(created["preview_url"])).status_code == httpx.codes.NOT_FOUND


@pytest.mark.parametrize("sent", [b"hell", b"hello!", b""], ids=["less", "more", "nothing"])
async def test_as_many_bytes_as_were_announced(client: ChatKitClient, files: Folder, sent: bytes) -> None:
    created = await announce(client, "a.txt", b"hello")
    answer = await send_bytes(client, created, sent)
    assert httpx.codes.is_client_error(answer.status_code)
    assert answer.json()["message"]
    assert created["id"] not in files.names()


async def test_more_than_is_allowed(client: ChatKitClient) -> None:
    problem = await client.refused("attachments.create", name="a", size=151 * MEGABYTE, mime_type="text/plain")
    assert problem["status"] == httpx.codes.REQUEST_ENTITY_TOO_LARGE
    await client.refused("attachments.create", name="a", size=0, mime_type="text/plain")


NAMED_FILE = b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n'
NAMED_OTHER = b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\n'


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b"--x--"),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b"--x--\r\n"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\nhi\r\n--x--\r\n',
        ),
        ("multipart/form-data; boundary=x", NAMED_FILE + b"hi, cut"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: nonsense\r\n\r\nhi\r\n--x--\r\n"),
        ("multipart/form-data; boundary=x", b"x" * 10_000),
    ],
)
async def test_what_is_no_form_is_refused(client: ChatKitClient, content_type: str, body: bytes) -> None:
    answer = await client.http.post("/api/attachments", content=body, headers={"content-type": content_type})
    assert answer.status_code == httpx.codes.BAD_REQUEST, answer.text
    assert answer.json()["message"]


async def test_a_link_is_for_one_purpose_and_one_file(client: ChatKitClient) -> None:
    mine = await upload_in_two_phases(client, "a.png", png(1), "image/png")
    other = await upload_in_two_phases(client, "b.png", png(2), "image/png")
    upload = mine["upload_descriptor"]["url"]
    wrong = [
        mine["preview_url"].replace(mine["id"], other["id"]),
        mine["preview_url"].replace("/preview?", "/content?"),
        upload.replace("/content?", "/preview?"),
        upload,
        mine["preview_url"][:-3] + "AAA",
        mine["preview_url"].replace("token=", "token=x"),
        mine["preview_url"].partition("token=")[0] + "token=ü.ü",
        mine["preview_url"].partition("token=")[0] + "token=",
    ]
    for url in wrong:
        answer = await fetch(url)
        assert answer.status_code == httpx.codes.NOT_FOUND, url
        assert answer.json()["message"] == "There is no such file, or its link is too old."


async def test_a_hundred_megabytes_take_little_memory(
    client: ChatKitClient, server: ServerProcess, files: Folder
) -> None:
    async def many(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b"all work and no play " * 5000

    await upload_directly(client, "warm.txt", b"hello" * 300_000)
    process, peaks = psutil.Process(server.pid), []
    before = process.memory_info().rss
    created = await client.call("attachments.create", name="big.txt", size=105_000_000, mime_type="text/plain")

    async def watch() -> None:
        while True:
            peaks.append(process.memory_info().rss)
            await asyncio.sleep(0.01)

    watching = asyncio.create_task(watch())
    answer = await client.http.put(created["upload_descriptor"]["url"], content=many(1000))
    watching.cancel()
    assert answer.status_code == httpx.codes.OK, answer.text
    assert files.size(created["id"]) == 105_000_000
    added = max(peaks) - before
    print(f"105 MB uploaded, {added / MEGABYTE:.1f} MB of memory added")  # noqa: T201
    assert added < 20 * MEGABYTE


async def test_a_storage_that_went_away_is_for_the_operator_to_mend(tmp_path: Path) -> None:
    """Each way to a file answers with a sentence for the user; the log names the setting."""
    folder = tmp_path / "data" / "attachments"
    async with running(tmp_path, {"LLM_PROVIDER": "demo"}) as server, ChatKitClient(server.url) as client:
        stored = await upload_in_two_phases(client, "a.png", png(), "image/png")
        links = (await client.http.get(f"/api/attachments/{stored['id']}")).json()
        announced = await announce(client, "b.png", png(), "image/png")
        shutil.rmtree(folder)
        folder.write_text("no folder")
        uploads = [await post_file(client, "c.png", png(), "image/png"), await send_bytes(client, announced, png())]
        assert [answer.status_code for answer in uploads] == [503, 503]
        for answer in (*uploads, *[await fetch(links[way]) for way in ("download_url", "preview_url")]):
            assert answer.is_error
            assert "ATTACHMENTS_URL" not in answer.text
        assert "check ATTACHMENTS_URL" in server.log
