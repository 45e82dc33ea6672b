"""Files whose attachment is gone, and who deletes them."""

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, Sequence

import pytest
from chatkit.types import FileAttachment

from app.adapters.attachments.obstore_storage import open_attachments
from app.adapters.stores.memory import MemoryStorage
from app.application.attachments.cleanup import FileCleanup
from app.domain.errors import NotFoundError, StoreUnavailableError
from app.domain.identity import RequestContext
from app.ports.attachment_storage import AttachmentStorage
from app.settings.attachments import AttachmentSettings

ANN = RequestContext(user_id="ann")


async def content() -> AsyncGenerator[bytes, None]:
    yield b"hello"


class World:
    """A store with one attachment, and the storage with its file, which can be down."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store = MemoryStorage()
        self.files: AttachmentStorage = open_attachments(AttachmentSettings(url="memory://"))
        self.cleanup = FileCleanup(self.store.files, self.files)
        self.down = False
        self.asked, self.deleted = asyncio.Event(), asyncio.Event()
        delete = self.files.delete

        async def delete_if_up(keys: Sequence[str]) -> None:
            self.asked.set()
            if self.down:
                raise StoreUnavailableError("down", detail="on holiday")
            await delete(keys)
            self.deleted.set()

        monkeypatch.setattr(self.files, "delete", delete_if_up)

    async def attach(self) -> None:
        await self.files.write("atc_1", content())
        attachment = FileAttachment(id="atc_1", name="a.txt", mime_type="text/plain")
        await self.store.threads.save_attachment(attachment, ANN)

    async def has_file(self) -> bool:
        try:
            return [piece async for piece in self.files.read("atc_1")] == [b"hello"]
        except NotFoundError:
            return False


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(monkeypatch)
    await world.attach()
    return world


async def test_what_is_in_the_composer_waits_for_a_day(world: World) -> None:
    assert await world.cleanup.clean() == 0
    assert await world.has_file()
    assert await world.cleanup.clean(dt.timedelta(0)) == 1
    assert not await world.has_file()
    assert await world.store.files.of_user("ann") == []


async def test_a_deletion_is_repeated_when_the_storage_was_down(world: World) -> None:
    world.down = True
    async with world.cleanup.running():
        await world.store.threads.delete_attachment("atc_1", ANN)
        world.cleanup.request()
        await world.asked.wait()
        assert await world.has_file()
        world.down = False
        world.cleanup.request()
        await world.deleted.wait()
    assert not await world.has_file()


async def test_what_was_left_by_an_earlier_process_goes_at_the_start(world: World) -> None:
    await world.store.threads.delete_attachment("atc_1", ANN)
    async with world.cleanup.running():
        await world.deleted.wait()
    assert not await world.has_file()
