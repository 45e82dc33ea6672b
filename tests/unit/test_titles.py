"""Titles written in the background."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from chatkit.types import ThreadMetadata

from app.adapters.stores.memory import MemoryStorage
from app.adapters.stores.memory.threads import MemoryThreadStore
from app.application.conversation.titles import Titles
from app.application.limits.counters import WriteBehindCounters
from app.application.limits.rules import Limits, Rules
from app.domain.errors import AnyportError
from app.domain.identity import RequestContext
from app.ports.model_provider import ModelError
from app.ports.thread_store import ThreadChange, ThreadStore
from app.ports.title_writer import TitleWriter, WrittenTitle
from app.ports.turn_log import TokenUsage
from tests.factories import answer, message, thread

ADA = RequestContext(user_id="ada")
BEGUN = thread("thr_1", title="Hello there")


class Author(TitleWriter):
    """Title writer that returns a given text, once `may_answer` is set."""

    def __init__(self, text: str = '"A greeting"', failure: AnyportError | None = None) -> None:
        self.text = text
        self.failure = failure
        self.asked: list[tuple[str, str]] = []
        self.begun = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.cancelled = False

    async def write(self, question: str, answer: str) -> WrittenTitle:
        self.asked.append((question, answer))
        self.begun.set()
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        if self.failure is not None:
            raise self.failure
        return WrittenTitle(text=self.text, usage=TokenUsage(requests=1, input_tokens=90, output_tokens=10))


@pytest.fixture
async def storage() -> AsyncGenerator[MemoryStorage, None]:
    storage = MemoryStorage()
    await storage.threads.save_thread(BEGUN, ADA)
    await storage.threads.add_thread_item(BEGUN.id, message(BEGUN.id, "msg_1", text="Hello there"), ADA)
    await storage.threads.add_thread_item(BEGUN.id, answer(BEGUN.id, "msg_2", text="Hi!"), ADA)
    yield storage
    await storage.aclose()


def titles(storage: MemoryStorage, author: Author, *, per_day: int = 0) -> tuple[Titles, Limits]:
    limits = Limits(WriteBehindCounters(storage.counters), Rules(tokens_per_day=per_day))
    return Titles(storage.threads, limits, author), limits


async def title_in(store: ThreadStore) -> str | None:
    return (await store.load_thread(BEGUN.id, ADA)).title


async def test_the_title_replaces_the_plain_one_and_its_tokens_count(storage: MemoryStorage) -> None:
    author = Author()
    author.may_answer.set()
    writing, limits = titles(storage, author)
    writing.schedule(BEGUN, ADA)
    await writing.wait_idle()
    assert await title_in(storage.threads) == "A greeting"
    assert author.asked == [("Hello there", "Hi!")]
    assert (await limits.tokens(ADA.user_id)).used == 100


async def test_a_name_that_the_user_gave_meanwhile_stays(storage: MemoryStorage) -> None:
    author = Author()
    writing, _ = titles(storage, author)
    writing.schedule(BEGUN, ADA)
    await author.begun.wait()
    await storage.threads.save_thread(BEGUN.model_copy(update={"title": "Ours"}), ADA)
    author.may_answer.set()
    await writing.wait_idle()
    assert await title_in(storage.threads) == "Ours"


@pytest.mark.parametrize(
    "author",
    [Author(failure=ModelError("No.", kind="overloaded")), Author(text="  \n***\n")],
    ids=["failed", "empty"],
)
async def test_without_a_title_the_plain_one_stays(storage: MemoryStorage, author: Author) -> None:
    author.may_answer.set()
    writing, _ = titles(storage, author)
    writing.schedule(BEGUN, ADA)
    await writing.wait_idle()
    assert await title_in(storage.threads) == "Hello there"


async def test_a_thread_that_is_deleted_meanwhile_needs_none(storage: MemoryStorage) -> None:
    author = Author()
    writing, _ = titles(storage, author)
    writing.schedule(BEGUN, ADA)
    await author.begun.wait()
    await storage.threads.delete_thread(BEGUN.id, ADA)
    author.may_answer.set()
    await writing.wait_idle()


class DeletedBeforeWrite(MemoryThreadStore):
    """A thread store whose user deletes a thread right before each change of it."""

    async def update_thread(self, thread_id: str, change: ThreadChange, context: RequestContext) -> ThreadMetadata:
        await self.delete_thread(thread_id, context)
        return await super().update_thread(thread_id, change, context)


async def test_a_thread_deleted_right_before_the_write_stays_deleted(storage: MemoryStorage) -> None:
    store, author = DeletedBeforeWrite(), Author()
    await store.save_thread(BEGUN, ADA)
    await store.add_thread_item(BEGUN.id, message(BEGUN.id, "msg_1", text="Hello there"), ADA)
    author.may_answer.set()
    writing = Titles(store, Limits(WriteBehindCounters(storage.counters), Rules()), author)
    writing.schedule(BEGUN, ADA)
    await writing.wait_idle()
    assert (await store.load_threads(10, None, "asc", ADA)).data == []


async def test_a_user_without_tokens_gets_the_plain_one(storage: MemoryStorage) -> None:
    author = Author()
    writing, limits = titles(storage, author, per_day=5)
    limits.spend(ADA.user_id, TokenUsage(requests=1, input_tokens=5, output_tokens=0))
    writing.schedule(BEGUN, ADA)
    await writing.wait_idle()
    assert author.asked == []


async def test_one_that_takes_too_long_is_given_up(storage: MemoryStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.application.conversation.titles.SECONDS", 0.01)
    author = Author()
    writing, _ = titles(storage, author)
    writing.schedule(BEGUN, ADA)
    await writing.wait_idle()
    assert await title_in(storage.threads) == "Hello there"


async def test_closing_stops_what_is_being_written(storage: MemoryStorage) -> None:
    author = Author()
    writing, _ = titles(storage, author)
    writing.schedule(BEGUN, ADA)
    await author.begun.wait()
    await writing.aclose()
    assert author.cancelled
    writing.schedule(BEGUN, ADA)
    await writing.wait_idle()
    assert len(author.asked) == 1
