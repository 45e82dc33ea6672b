"""Two writers change one thread at the same time: neither loses what the other wrote."""

from collections.abc import AsyncGenerator

import pytest
from chatkit.types import ProgressUpdateEvent, ThreadMetadata, ThreadStreamEvent, ThreadUpdatedEvent

from app.adapters.stores.memory import MemoryStorage
from app.domain.identity import RequestContext
from app.entrypoints.chatkit.event_fold import EventFold
from app.entrypoints.chatkit.opening import Opening, Source
from tests.factories import thread

ADA = RequestContext(user_id="ada")


@pytest.fixture
async def storage() -> AsyncGenerator[MemoryStorage, None]:
    storage = MemoryStorage()
    await storage.threads.save_thread(thread("thr_1", title="First", metadata={"old": 1, "gone": 2}), ADA)
    yield storage
    await storage.aclose()


async def change(storage: MemoryStorage, **fields: object) -> None:
    """Another request changes the thread."""
    await storage.threads.update_thread("thr_1", lambda stored: stored.model_copy(update=fields), ADA)


async def folded(
    storage: MemoryStorage, events: AsyncGenerator[ThreadStreamEvent, None], read: ThreadMetadata
) -> list[ThreadStreamEvent]:
    """The events of an answer on the thread that it read."""
    sent: list[ThreadStreamEvent] = []

    async def opening() -> Opening:
        yield ProgressUpdateEvent(text="One moment…")
        yield Source(read, events)

    def encode(event: ThreadStreamEvent) -> bytes:
        sent.append(event)
        return b""

    async for _ in EventFold(storage.threads, ADA, encode).frames(opening()):
        pass
    return sent


async def test_an_answer_that_changes_its_thread_leaves_a_rename_alone(storage: MemoryStorage) -> None:
    read = await storage.threads.load_thread("thr_1", ADA)

    async def answer() -> AsyncGenerator[ThreadStreamEvent, None]:
        await change(storage, title="Renamed", metadata={"old": 1, "gone": 2, "theirs": 3})
        read.metadata["ours"] = 4
        del read.metadata["gone"]
        yield ProgressUpdateEvent(text="Nearly…")

    sent = await folded(storage, answer(), read)
    stored = await storage.threads.load_thread("thr_1", ADA)
    assert stored.title == "Renamed"
    assert stored.metadata == {"old": 1, "theirs": 3, "ours": 4}
    assert [event.thread.title for event in sent if isinstance(event, ThreadUpdatedEvent)] == ["Renamed"]


async def test_each_change_of_an_answer_is_written_once(storage: MemoryStorage) -> None:
    read = await storage.threads.load_thread("thr_1", ADA)

    async def answer() -> AsyncGenerator[ThreadStreamEvent, None]:
        read.title = "Ours"
        yield ProgressUpdateEvent(text="One…")
        await change(storage, title="Theirs")
        read.metadata["ours"] = 4
        yield ProgressUpdateEvent(text="Two…")

    await folded(storage, answer(), read)
    assert (await storage.threads.load_thread("thr_1", ADA)).title == "Theirs"
