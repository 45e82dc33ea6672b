"""File inputs: attachments in the model input."""

import base64
import datetime as dt
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from chatkit.types import Attachment, FileAttachment, UserMessageItem

from app.adapters.agents_sdk.input import file_inputs
from app.adapters.agents_sdk.input.file_inputs import FileInputs
from app.adapters.attachments.obstore_storage import open_attachments
from app.domain.conversation import HistoryWindow
from app.domain.errors import StoreUnavailableError
from app.ports.attachment_storage import AttachmentStorage
from app.ports.model_provider import Capabilities
from app.settings.attachments import AttachmentSettings
from tests.factories import message

ABLE = Capabilities(images=True, files=True)


async def pieces(*content: bytes) -> AsyncGenerator[bytes, None]:
    for piece in content:
        yield piece


async def stored(storage: AttachmentStorage, id_: str, mime_type: str, *content: bytes) -> Attachment:
    await storage.write(id_, pieces(*content))
    size = sum(map(len, content))
    return FileAttachment(id=id_, name=f"{id_}.x", mime_type=mime_type, metadata={"size": size, "uploaded": True})


def message_with(number: int, *attachments: Attachment) -> UserMessageItem:
    item = message("thr_1", f"msg_{number}", at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    item.attachments = [*attachments]
    return item


@pytest.fixture
def storage() -> AttachmentStorage:
    return open_attachments(AttachmentSettings(url="memory://"))


@pytest.fixture
def files(storage: AttachmentStorage) -> FileInputs:
    return FileInputs(storage, text_tokens=100)


async def parts_of(files: FileInputs, *history: UserMessageItem) -> dict[str, Any]:
    return dict(await files.read(history, ABLE))


async def test_a_text_is_truncated_where_its_tokens_are_used_up(storage: AttachmentStorage, files: FileInputs) -> None:
    short = await stored(storage, "short", "text/plain", "ü".encode() * 200)
    long = await stored(storage, "long", "text/csv", b"x" * 300, b"y" * 300)
    parts = await parts_of(files, message_with(1, short, long))
    assert "ü" * 200 in parts["short"]["text"]
    assert "left out" not in parts["short"]["text"]
    assert "x" * 300 + "y" * 100 + "\n[The rest of the file is left out.]" in parts["long"]["text"]


async def test_the_newest_files_are_shown_when_not_all_fit(
    storage: AttachmentStorage, files: FileInputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_inputs, "REQUEST_BYTES", 1000)
    old, new = [await stored(storage, name, "image/png", b"x" * 600) for name in ("old", "new")]
    parts = await parts_of(files, message_with(1, old), message_with(2, new))
    assert parts["new"]["type"] == "input_image"
    assert "too large" in parts["old"]["text"]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 300_000, 999_999, 1_000_000, 1_000_001])
async def test_a_file_that_comes_in_pieces_is_encoded_as_it_is(tmp_path: Path, size: int) -> None:
    storage = open_attachments(AttachmentSettings(url=tmp_path.as_uri()))
    content = (bytes(range(256)) * (size // 256 + 1))[:size]
    large = await stored(storage, "large", "application/pdf", content)
    part = (await parts_of(FileInputs(storage, text_tokens=100), message_with(1, large)))["large"]
    assert part["file_data"] == f"data:application/pdf;base64,{base64.b64encode(content).decode()}"
    await storage.aclose()


async def test_a_file_that_is_gone_is_said_to_be_gone(files: FileInputs) -> None:
    gone = FileAttachment(id="gone", name="a.png", mime_type="image/png")
    assert "not there any more" in (await parts_of(files, message_with(1, gone)))["gone"]["text"]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-be", "utf-8-sig", "mac_roman"])
async def test_a_text_reaches_the_model_unchanged(storage: AttachmentStorage, encoding: str) -> None:
    text = "Name;Straße\r\nMüller;Königsweg 3\r\n"
    files = FileInputs(storage, text_tokens=1_000)
    table = await stored(storage, "table", "text/csv", text.encode(encoding))
    assert f"Its content:]\n{text}\n[End" in (await parts_of(files, message_with(1, table)))["table"]["text"]
    long = await stored(storage, "long", "text/csv", (text * 1_000).encode(encoding))
    shown = (await parts_of(files, message_with(2, long)))["long"]["text"]
    assert text * 20 in shown
    assert "\ufffd" not in shown
    assert "left out" in shown


async def test_a_storage_that_is_down_costs_the_file_and_not_the_answer(
    storage: AttachmentStorage, files: FileInputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(key: str) -> AsyncGenerator[bytes, None]:
        if key:
            raise StoreUnavailableError("down", detail="on holiday")
        yield b""

    monkeypatch.setattr(storage, "read", down)
    here = FileAttachment(id="here", name="a.txt", mime_type="text/plain")
    assert "could not be read" in (await parts_of(files, message_with(1, here)))["here"]["text"]


def test_files_count_in_the_window() -> None:
    window = HistoryWindow(items=10, tokens=100, file_tokens=50)
    assert window.attached("text/plain", 30) == 30
    assert window.attached("text/plain", 1_000_000) == 200
    assert window.attached("image/png", 5_000_000) == 4_000
    assert window.attached("application/pdf", 100_000) == 4_000
