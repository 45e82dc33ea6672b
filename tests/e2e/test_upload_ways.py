"""All ways to upload a file take the same files, make the same of them, and refuse the others in the same words."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest

from tests.chatkit_client import ChatKitClient
from tests.server import running
from tests.uploads import PDF, SVG, png, post_file, send_bytes

LIMIT = 100_000

FILES: Mapping[str, tuple[str, bytes, str]] = {
    "a text": ("notes.txt", b"hello", "text/plain"),
    "markdown without a type": ("notes.md", b"# Notes", ""),
    "a table of Excel's": ("table.csv", "Größe;Preis\r\n1,80;2 €\r\n".encode("utf-8-sig"), "application/vnd.ms-excel"),
    "Windows-1252": ("table.csv", "Größe;Preis\r\n1,80;2 €\r\n".encode("cp1252"), "text/csv"),
    "UTF-16": ("notes.txt", "Grüße\r\n".encode("utf-16"), "text/plain"),
    "UTF-16 without a mark": ("notes.txt", "Grüße\r\n".encode("utf-16-be"), "text/plain"),
    "Shift-JIS": ("表.csv", "氏名,住所\r\n山田太郎,東京都です\r\n".encode("cp932"), "text/csv"),
    "an unknown encoding": ("notes.txt", b"\x81\xff\xfe\x80\xff" * 40, "text/plain"),
    "TypeScript": ("a.ts", b"export const a = 1;\n", "video/mp2t"),
    "a picture": ("a.png", png(), "image/png"),
    "a picture of another claim": ("a.svg", png(), "image/svg+xml"),
    "a picture of no claim": ("a", png(), ""),
    "a page that calls itself a picture": ("a.png", SVG, "image/png"),
    "a drawing": ("a.svg", SVG, "image/svg+xml"),
    "a program": ("a.txt", b"MZ\x90\0\3\0\0\0\4\0", "text/plain"),
    "a program that begins as a text": ("a.txt", b"#!/bin/sh\n" * 5_000 + b"\x7fELF\2\1\1\0", "text/plain"),
    "a long text in UTF-16": ("a.txt", ("Grüße\r\n" * 5_000).encode("utf-16"), "text/plain"),
    "pages": ("a.pdf", PDF, "application/pdf"),
    "nothing": ("a.txt", b"", "text/plain"),
    "as much as is allowed": ("a.txt", b"x" * LIMIT, "text/plain"),
    "more than is allowed": ("a.txt", b"x" * (LIMIT + 1), "text/plain"),
    "a path for a name": ("C:\\Users\\Ann/notes.txt", b"hello", "text/plain"),
    "no name": (" ", b"hello", "text/plain"),
    "a long name": (f"{'ü' * 3000}.md", b"hello", "text/plain"),
    "signs in the name": ('a "b"; c=%41 & ☕.txt', b"hello", "text/plain"),
    "a claim in capitals": ("a.txt", b"hello", "TEXT/PLAIN; charset=latin1"),
}


@pytest.fixture(scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ChatKitClient]:
    limits = {"ATTACHMENT_MAX_BYTES": str(LIMIT), "LLM_PROVIDER": "demo"}
    async with running(tmp_path_factory.mktemp("ways"), limits) as server, ChatKitClient(server.url) as client:
        yield client


@pytest.mark.parametrize("file", FILES)
async def test_every_way_has_the_same_outcome(client: ChatKitClient, file: str) -> None:
    name, content, claim = FILES[file]
    direct = await outcome(client, await post_file(client, name, content, claim))
    assert direct == await outcome(client, await in_two_phases(client, name, content, claim, form=False))
    assert direct == await outcome(client, await in_two_phases(client, name, content, claim, form=True))


async def in_two_phases(client: ChatKitClient, name: str, content: bytes, claim: str, *, form: bool) -> httpx.Response:
    params = {"name": name, "size": len(content), "mime_type": claim}
    created = await client.http.post("/chatkit", json={"type": "attachments.create", "params": params})
    if created.is_error:
        return created
    if form:
        url = created.json()["upload_descriptor"]["url"]
        return await client.http.post(url, files={"file": ("another name", content, "image/webp")})
    return await send_bytes(client, created.json(), content)


async def outcome(client: ChatKitClient, answer: httpx.Response) -> Mapping[str, Any]:
    """All that does not differ from one upload of a file to the next."""
    said = answer.json()
    if answer.is_error:
        return {"status": answer.status_code, "code": said["code"], "message": said["message"]}
    card = (await client.http.get(f"/api/attachments/{said['id']}")).json()
    fetched = await client.http.get(card["download_url"])
    known = {"name", "mime_type", "type"}
    return {"size": card["size"], "bytes": fetched.content, **{key: said[key] for key in known}, "keys": {*said}}
