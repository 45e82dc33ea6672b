"""What every `ThreadSummaries` promises."""

import asyncio

import pytest
from chatkit.store import NotFoundError
from chatkit.types import ThreadMetadata

from app.domain.identity import RequestContext
from app.ports.storage import Storage
from app.ports.thread_summaries import ThreadSummaries
from tests.factories import answer, later, message, summary, thread

ITEMS = 6


@pytest.fixture
def summaries(storage: Storage) -> ThreadSummaries:
    """The summaries under test."""
    return storage.summaries


@pytest.fixture
async def begun(storage: Storage, ann: RequestContext) -> ThreadMetadata:
    """A thread of Ann's with six messages, of which each two have one time."""
    begun = thread()
    await storage.threads.save_thread(begun, ann)
    for number in range(1, ITEMS + 1):
        item = message(begun.id, f"msg_{number}", at=later(number // 2))
        await storage.threads.add_thread_item(begun.id, item, ann)
    return begun


async def test_a_summary_comes_back_as_it_was_alone_and_with_the_context(
    storage: Storage, summaries: ThreadSummaries, ann: RequestContext, begun: ThreadMetadata
) -> None:
    assert await summaries.load(begun.id, ann) is None
    assert (await storage.threads.load_context(begun.id, 3, ann, with_summary=True)).summary is None
    saved = summary(begun.id, "msg_2", text="Half an emoji \ud83d, a \x00 and 日本")
    assert await summaries.save(saved, ann, replacing=None, items=2)
    assert await summaries.load(begun.id, ann) == saved
    adding = message(begun.id, "msg_7", at=later(9))
    for context in (ann, ann.as_client()):
        for loaded in (
            await storage.threads.load_context(begun.id, 3, context, with_summary=True),
            await storage.threads.load_context(begun.id, 3, context, with_summary=True, adding=adding),
        ):
            assert loaded.summary == saved
            assert len(loaded.items) == 3
    assert (await storage.threads.load_context(begun.id, 3, ann)).summary is None, "it was not asked for"


async def test_it_is_no_item_of_the_thread(
    storage: Storage, summaries: ThreadSummaries, ann: RequestContext, begun: ThreadMetadata
) -> None:
    before = await storage.threads.load_thread_items(begun.id, None, 20, "asc", ann)
    await summaries.save(summary(begun.id, "msg_2"), ann, replacing=None, items=2)
    assert await storage.threads.load_thread_items(begun.id, None, 20, "asc", ann) == before


async def test_a_summary_replaces_the_one_that_its_author_read_and_no_other(
    summaries: ThreadSummaries, ann: RequestContext, begun: ThreadMetadata
) -> None:
    first, second, third = summary(begun.id, "msg_2"), summary(begun.id, "msg_3"), summary(begun.id, "msg_5")
    assert not await summaries.save(second, ann, replacing=first.id, items=1), "there is none to replace"
    assert await summaries.save(first, ann, replacing=None, items=2)
    assert not await summaries.save(second, ann, replacing=None, items=3), "there is one already"
    assert await summaries.save(second, ann, replacing=first.id, items=1)
    assert not await summaries.save(third, ann, replacing=first.id, items=3), "another one came first"
    assert await summaries.load(begun.id, ann) == second
    assert await summaries.save(third, ann, replacing=second.id, items=2)
    assert await summaries.load(begun.id, ann) == third


async def test_nothing_lies_between_a_summary_and_an_earlier_item(
    summaries: ThreadSummaries, ann: RequestContext, begun: ThreadMetadata
) -> None:
    present, shorter = summary(begun.id, "msg_5"), summary(begun.id, "msg_2")
    assert await summaries.save(present, ann, replacing=None, items=5)
    assert not await summaries.save(shorter, ann, replacing=present.id, items=3)
    assert await summaries.save(shorter, ann, replacing=present.id, items=0)
    assert await summaries.load(begun.id, ann) == shorter


async def test_of_many_replicas_that_extend_one_summary_one_wins(
    summaries: ThreadSummaries, ann: RequestContext, begun: ThreadMetadata
) -> None:
    for replacing, items, until in ((None, 2, 2), ("", 3, 5)):
        present = await summaries.load(begun.id, ann)
        offered = [summary(begun.id, f"msg_{until}") for _ in range(10)]
        known = present.id if replacing is not None and present is not None else None
        saved = await asyncio.gather(*(summaries.save(one, ann, replacing=known, items=items) for one in offered))
        assert sum(saved) == 1
        assert await summaries.load(begun.id, ann) == offered[saved.index(True)]


async def test_a_summary_of_an_item_that_was_deleted_meanwhile_is_not_saved(
    storage: Storage, summaries: ThreadSummaries, ann: RequestContext, begun: ThreadMetadata
) -> None:
    read = summary(begun.id, "msg_4")
    await storage.threads.delete_thread_item(begun.id, "msg_3", ann)
    assert not await summaries.save(read, ann, replacing=None, items=4)
    assert await summaries.load(begun.id, ann) is None
    await storage.threads.delete_thread_item(begun.id, "msg_4", ann)
    assert not await summaries.save(read, ann, replacing=None, items=4), "its last item is gone"
    assert await summaries.save(summary(begun.id, "msg_2"), ann, replacing=None, items=2)
    await storage.threads.delete_thread_item(begun.id, "msg_5", ann)
    assert await summaries.load(begun.id, ann) is not None, "a later item is not covered"


@pytest.mark.parametrize("deleted", [1, 2, 3])
async def test_a_summary_goes_with_each_item_that_it_covers_and_with_no_other(
    storage: Storage, summaries: ThreadSummaries, ann: RequestContext, begun: ThreadMetadata, deleted: int
) -> None:
    kept = summary(begun.id, "msg_3")
    await summaries.save(kept, ann, replacing=None, items=3)
    for number in (6, 4):
        await storage.threads.delete_thread_item(begun.id, f"msg_{number}", ann)
        assert await summaries.load(begun.id, ann) == kept
    await storage.threads.delete_thread_item(begun.id, f"msg_{deleted}", ann)
    assert await summaries.load(begun.id, ann) is None
    assert (await storage.threads.load_context(begun.id, 3, ann, with_summary=True)).summary is None
    assert not await summaries.save(summary(begun.id, "msg_5"), ann, replacing=kept.id, items=1), (
        "its author read the item"
    )


async def test_deletions_and_summaries_at_once_leave_no_summary_of_a_deleted_item(
    storage: Storage, summaries: ThreadSummaries, ann: RequestContext
) -> None:
    for _ in range(15):
        begun = thread()
        await storage.threads.save_thread(begun, ann)
        for number in (1, 2):
            await storage.threads.add_thread_item(begun.id, message(begun.id, f"msg_{number}", at=later(number)), ann)
        steps = [
            summaries.save(summary(begun.id, "msg_2"), ann, replacing=None, items=2),
            storage.threads.delete_thread_item(begun.id, "msg_1", ann),
            storage.threads.add_thread_item(begun.id, answer(begun.id, "msg_3", at=later(3)), ann),
        ]
        await asyncio.gather(*steps)
        assert await summaries.load(begun.id, ann) is None


async def test_a_deletion_of_the_thread_at_the_same_time_ends_both(
    storage: Storage, summaries: ThreadSummaries, ann: RequestContext
) -> None:
    for _ in range(10):
        begun = thread()
        await storage.threads.save_thread(begun, ann)
        await storage.threads.add_thread_item(begun.id, message(begun.id, "msg_1"), ann)
        outcomes = await asyncio.gather(
            storage.threads.delete_thread_item(begun.id, "msg_1", ann),
            summaries.save(summary(begun.id, "msg_1"), ann, replacing=None, items=1),
            storage.threads.delete_thread(begun.id, ann),
            return_exceptions=True,
        )
        assert {type(outcome) for outcome in outcomes} <= {type(None), bool, NotFoundError}
        await storage.threads.save_thread(begun, ann)
        assert await summaries.load(begun.id, ann) is None


async def test_a_summary_goes_with_its_thread(
    storage: Storage, summaries: ThreadSummaries, ann: RequestContext, begun: ThreadMetadata
) -> None:
    await summaries.save(summary(begun.id, "msg_2"), ann, replacing=None, items=2)
    await storage.threads.delete_thread(begun.id, ann)
    with pytest.raises(NotFoundError):
        await summaries.load(begun.id, ann)
    with pytest.raises(NotFoundError):
        await summaries.save(summary(begun.id, "msg_2"), ann, replacing=None, items=2)
    await storage.threads.save_thread(begun, ann)
    assert await summaries.load(begun.id, ann) is None


async def test_anothers_thread_is_as_unknown_as_none(
    summaries: ThreadSummaries, ann: RequestContext, bob: RequestContext, begun: ThreadMetadata
) -> None:
    kept = summary(begun.id, "msg_2")
    await summaries.save(kept, ann, replacing=None, items=2)
    told = []
    for thread_id in (begun.id, "thr_none"):
        with pytest.raises(NotFoundError) as writing:
            await summaries.save(summary(thread_id, "msg_3"), bob, replacing=kept.id, items=1)
        with pytest.raises(NotFoundError) as reading:
            await summaries.load(thread_id, bob)
        told.append(f"{writing.value} {reading.value}".replace(thread_id, "it"))
    assert told[0] == told[1]
    assert await summaries.load(begun.id, ann) == kept
