"""What every `ThreadStore` promises of threads; the rest of the contract is in `test_thread_…` beside this."""

import asyncio
import datetime as dt
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import get_args

import pytest
from chatkit.store import NotFoundError, StoreItemType
from chatkit.types import (
    ActiveStatus,
    ClosedStatus,
    LockedStatus,
    Page,
    Thread,
    ThreadMetadata,
    ThreadStatus,
)

from app.domain.identity import RequestContext
from app.ports.storage import Storage
from app.ports.thread_store import ThreadChange, ThreadStore
from tests.factories import NOON, file, later, message, thread, turn


@pytest.fixture
async def begun(store: ThreadStore, ann: RequestContext) -> ThreadMetadata:
    """A thread of Ann's with two messages."""
    begun = thread(title="Ann's")
    await store.save_thread(begun, ann)
    for number in (1, 2):
        await store.add_thread_item(begun.id, message(begun.id, f"msg_{number}", at=later(number)), ann)
    return begun


# Ids


@pytest.mark.parametrize("kind", get_args(StoreItemType))
async def test_ids_are_fresh_and_say_what_they_are_of(
    store: ThreadStore, ann: RequestContext, kind: StoreItemType
) -> None:
    ids = {store.generate_item_id(kind, thread(), ann) for _ in range(100)}
    assert len(ids) == 100
    assert len({id_.partition("_")[0] for id_ in ids}) == 1


# Threads


async def test_a_thread_comes_back_as_it_was(store: ThreadStore, ann: RequestContext) -> None:
    saved = thread(
        title="Über 日本 👩‍👩‍👧 \u202e\x00",
        allowed_image_domains=["example.org", "*.example.com"],
        metadata={"nul\x00": "\x00", "deep": [{"a": None, "b": 2.5, "c": True}], "": 10**15, "half": "\ud83d"},
    )
    await store.save_thread(saved, ann)
    assert await store.load_thread(saved.id, ann) == saved
    assert (await store.load_threads(10, None, "asc", ann)).data == [saved]


@pytest.mark.parametrize("title", [None, "", " ", "x" * 100_000])
async def test_a_title_may_be_anything(store: ThreadStore, ann: RequestContext, title: str | None) -> None:
    saved = thread(title=title)
    await store.save_thread(saved, ann)
    assert (await store.load_thread(saved.id, ann)).title == title


@pytest.mark.parametrize(
    "status", [ActiveStatus(), LockedStatus(), LockedStatus(reason="Wait"), ClosedStatus(), ClosedStatus(reason="Over")]
)
async def test_a_status_keeps_its_type_and_reason(
    store: ThreadStore, ann: RequestContext, status: ThreadStatus
) -> None:
    saved = thread(status=status)
    await store.save_thread(saved, ann)
    assert (await store.load_thread(saved.id, ann)).status == status


@pytest.mark.parametrize("domains", [None, [], ["example.org"]])
async def test_no_image_domains_is_not_an_empty_list(
    store: ThreadStore, ann: RequestContext, domains: list[str] | None
) -> None:
    saved = thread(allowed_image_domains=domains)
    await store.save_thread(saved, ann)
    assert (await store.load_thread(saved.id, ann)).allowed_image_domains == domains


async def test_saving_again_replaces_all_but_the_time(store: ThreadStore, ann: RequestContext) -> None:
    first = thread(title="First", metadata={"a": 1}, allowed_image_domains=["example.org"])
    await store.save_thread(first, ann)
    second = thread(first.id, at=later(99), title="Second", metadata={"b": 2}, status=ClosedStatus())
    await store.save_thread(second, ann)
    assert await store.load_thread(first.id, ann) == second.model_copy(update={"created_at": NOON})


async def test_of_a_thread_with_items_the_metadata_is_kept(store: ThreadStore, ann: RequestContext) -> None:
    plain = thread(title="Whole")
    whole = Thread(**plain.model_dump(), items=Page(data=[message(plain.id, "msg_1")]))
    await store.save_thread(whole, ann)
    found = await store.load_thread(plain.id, ann)
    assert type(found) is ThreadMetadata
    assert found == plain
    assert (await store.load_thread_items(plain.id, None, 10, "asc", ann)).data == []


async def test_what_a_caller_changes_is_not_changed_in_the_store(store: ThreadStore, ann: RequestContext) -> None:
    saved = thread(metadata={"list": [1]})
    await store.save_thread(saved, ann)
    saved.metadata["list"].append(2)
    (await store.load_thread(saved.id, ann)).metadata["list"].append(3)
    assert (await store.load_thread(saved.id, ann)).metadata == {"list": [1]}


@pytest.mark.parametrize("hours", [-11, 0, 5.75, 14])
async def test_times_come_back_in_utc(store: ThreadStore, ann: RequestContext, hours: float) -> None:
    precise = NOON + dt.timedelta(microseconds=123_457)
    saved = thread(at=precise.astimezone(dt.timezone(dt.timedelta(hours=hours))))
    await store.save_thread(saved, ann)
    await store.add_thread_item(saved.id, message(saved.id, "msg_1", at=saved.created_at), ann)
    found = await store.load_thread(saved.id, ann)
    item = await store.load_item(saved.id, "msg_1", ann)
    assert found.created_at == item.created_at == precise
    assert found.created_at.utcoffset() == item.created_at.utcoffset() == dt.timedelta(0)


@pytest.fixture
def in_nepal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This machine's local time is five hours and three quarters ahead of UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "NPT-5:45")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_nepal")
async def test_a_naive_time_is_local_time(store: ThreadStore, ann: RequestContext) -> None:
    naive = dt.datetime(2026, 7, 1, 12, 30)  # noqa: DTZ001  # ChatKit stamps naive times.
    saved = thread(at=naive)
    await store.save_thread(saved, ann)
    await store.add_thread_item(saved.id, message(saved.id, "msg_1", at=naive), ann)
    found = await store.load_thread(saved.id, ann)
    item = await store.load_item(saved.id, "msg_1", ann)
    assert found.created_at == item.created_at == dt.datetime(2026, 7, 1, 6, 45, tzinfo=dt.UTC)
    assert found.created_at.utcoffset() == item.created_at.utcoffset() == dt.timedelta(0)


async def test_many_save_one_thread_at_once(store: ThreadStore, ann: RequestContext) -> None:
    saved = [thread("", title=str(number)) for number in range(30)]
    id_ = store.generate_thread_id(ann)
    await asyncio.gather(*(store.save_thread(one.model_copy(update={"id": id_}), ann) for one in saved))
    assert [found.id for found in (await store.load_threads(10, None, "asc", ann)).data] == [id_]


async def test_an_update_replaces_all_but_the_time_and_the_items(
    store: ThreadStore, ann: RequestContext, begun: ThreadMetadata
) -> None:
    before = await store.load_thread_items(begun.id, None, 10, "asc", ann)
    changed = thread(begun.id, at=later(99), title="Second", metadata={"b": 2}, status=ClosedStatus())
    expected = changed.model_copy(update={"created_at": NOON})
    assert await store.update_thread(begun.id, lambda _: changed, ann) == expected
    assert await store.load_thread(begun.id, ann) == expected
    assert await store.load_thread_items(begun.id, None, 10, "asc", ann) == before


async def test_updates_at_once_lose_nothing_of_each_other(
    store: ThreadStore, ann: RequestContext, begun: ThreadMetadata
) -> None:
    def noting(key: str) -> ThreadChange:
        return lambda stored: stored.model_copy(update={"metadata": {**stored.metadata, key: 1}})

    keys = {f"key_{number}" for number in range(20)}
    stored = await asyncio.gather(*(store.update_thread(begun.id, noting(key), ann) for key in keys))
    found = await store.load_thread(begun.id, ann)
    assert keys <= found.metadata.keys()
    assert found in stored


async def test_an_update_that_changes_nothing_returns_the_stored_thread(
    store: ThreadStore, ann: RequestContext, begun: ThreadMetadata
) -> None:
    assert await store.update_thread(begun.id, lambda stored: stored, ann) == begun
    assert await store.load_thread(begun.id, ann) == begun


async def test_an_update_never_restores_a_deleted_thread(store: ThreadStore, ann: RequestContext) -> None:
    for title in map(str, range(20)):
        await store.save_thread(begun := thread(), ann)
        update = store.update_thread(begun.id, titled(title), ann)
        updated, _ = await asyncio.gather(update, store.delete_thread(begun.id, ann), return_exceptions=True)
        assert isinstance(updated, ThreadMetadata | NotFoundError)
        with pytest.raises(NotFoundError):
            await store.update_thread(begun.id, titled(title), ann)
    assert (await store.load_threads(10, None, "asc", ann)).data == []


def titled(title: str) -> ThreadChange:
    return lambda stored: stored.model_copy(update={"title": title})


# Whose they are

Call = Callable[[ThreadStore, str, RequestContext], Awaitable[object]]

INTO_A_THREAD: dict[str, Call] = {
    "load_thread": lambda store, id_, who: store.load_thread(id_, who),
    "update_thread": lambda store, id_, who: store.update_thread(id_, titled("!"), who),
    "delete_thread": lambda store, id_, who: store.delete_thread(id_, who),
    "load_thread_items": lambda store, id_, who: store.load_thread_items(id_, None, 10, "asc", who),
    "load_thread_items behind": lambda store, id_, who: store.load_thread_items(id_, "msg_1", 10, "desc", who),
    "load_threads behind": lambda store, id_, who: store.load_threads(10, id_, "asc", who),
    "load_item": lambda store, id_, who: store.load_item(id_, "msg_1", who),
    "add_thread_item": lambda store, id_, who: store.add_thread_item(id_, message(id_, "msg_9"), who),
    "add_thread_item over one": lambda store, id_, who: store.add_thread_item(
        id_, message(id_, "msg_1", text="!"), who
    ),
    "save_item": lambda store, id_, who: store.save_item(id_, message(id_, "msg_9"), who),
    "save_item over one": lambda store, id_, who: store.save_item(id_, message(id_, "msg_1"), who),
    "delete_thread_item": lambda store, id_, who: store.delete_thread_item(id_, "msg_1", who),
    "save_attachment": lambda store, id_, who: store.save_attachment(file("atc_foreign", thread_id=id_), who),
    "save_feedback": lambda store, id_, who: store.save_feedback(id_, ["msg_1"], "negative", who),
    "save_feedback on nothing": lambda store, id_, who: store.save_feedback(id_, [], "negative", who),
    "load_feedback": lambda store, id_, who: store.load_feedback(id_, who),
}


@pytest.mark.parametrize("name", INTO_A_THREAD)
async def test_anothers_thread_is_as_unknown_as_none(
    store: ThreadStore, ann: RequestContext, bob: RequestContext, begun: ThreadMetadata, name: str
) -> None:
    call = INTO_A_THREAD[name]
    await store.save_feedback(begun.id, ["msg_1"], "positive", ann)
    before = await store.load_thread_items(begun.id, None, 10, "asc", ann)
    with pytest.raises(NotFoundError) as foreign:
        await call(store, begun.id, bob)
    with pytest.raises(NotFoundError) as absent:
        await call(store, "thr_none", bob)
    assert str(foreign.value).replace(begun.id, "thr_none") == str(absent.value), "the two cannot be told apart"
    assert await store.load_thread(begun.id, ann) == begun
    assert await store.load_thread_items(begun.id, None, 10, "asc", ann) == before
    assert [judged.kind for judged in await store.load_feedback(begun.id, ann)] == ["positive"]


async def test_a_thread_cannot_be_saved_over_anothers(
    store: ThreadStore, ann: RequestContext, bob: RequestContext, begun: ThreadMetadata
) -> None:
    with pytest.raises(NotFoundError):
        await store.save_thread(thread(begun.id, title="Mine now"), bob)
    assert await store.load_thread(begun.id, ann) == begun
    assert (await store.load_threads(10, None, "asc", bob)).data == []


async def test_a_thread_begins_with_its_first_item(store: ThreadStore, ann: RequestContext) -> None:
    new = thread(title="Cheese")
    first = message(new.id, "msg_1")
    await store.create_thread(new, first, ann)
    assert (await store.load_threads(10, None, "desc", ann)).data == [new]
    assert (await store.load_thread_items(new.id, None, 10, "asc", ann)).data == [first]


async def test_nothing_begins_under_an_id_that_another_user_has(
    store: ThreadStore, ann: RequestContext, bob: RequestContext, begun: ThreadMetadata
) -> None:
    before = await store.load_thread_items(begun.id, None, 10, "asc", ann)
    with pytest.raises(NotFoundError):
        await store.create_thread(thread(begun.id), message(begun.id, "msg_new"), bob)
    assert await store.load_thread(begun.id, ann) == begun
    assert await store.load_thread_items(begun.id, None, 10, "asc", ann) == before
    assert (await store.load_threads(10, None, "desc", bob)).data == []


async def test_everybody_lists_their_own_threads(
    store: ThreadStore, ann: RequestContext, bob: RequestContext, begun: ThreadMetadata
) -> None:
    theirs = thread()
    await store.save_thread(theirs, bob)
    assert (await store.load_threads(10, None, "desc", ann)).data == [begun]
    assert (await store.load_threads(10, None, "desc", bob)).data == [theirs]


# Deleting a thread


async def test_a_deleted_thread_takes_everything_along(
    store: ThreadStore, storage: Storage, ann: RequestContext, begun: ThreadMetadata
) -> None:
    await store.save_attachment(file("atc_" + begun.id, thread_id=begun.id), ann)
    await store.save_feedback(begun.id, ["msg_1", "msg_2"], "positive", ann)
    await storage.turn_log.save(turn(begun.id, "msg_1"), ann)

    await store.delete_thread(begun.id, ann)

    with pytest.raises(NotFoundError):
        await store.load_thread(begun.id, ann)
    with pytest.raises(NotFoundError):
        await store.load_attachment("atc_" + begun.id, ann)
    # Only in a thread of the same id would it show that something stayed behind.
    await store.save_thread(begun, ann)
    assert (await store.load_thread_items(begun.id, None, 10, "asc", ann)).data == []
    for number in (1, 2):
        await store.add_thread_item(begun.id, message(begun.id, f"msg_{number}"), ann)
    assert await store.load_feedback(begun.id, ann) == []
    assert await storage.turn_log.load(begun.id, ["msg_1", "msg_2"], ann) == {}


async def test_a_deleted_thread_leaves_the_others_alone(
    store: ThreadStore, storage: Storage, ann: RequestContext, begun: ThreadMetadata
) -> None:
    other = thread()
    await store.save_thread(other, ann)
    await store.delete_thread(other.id, ann)
    assert len((await store.load_thread_items(begun.id, None, 10, "asc", ann)).data) == 2
    with pytest.raises(NotFoundError):
        await store.delete_thread(other.id, ann)


async def test_an_id_of_a_deleted_thread_is_free_for_others(
    store: ThreadStore, ann: RequestContext, bob: RequestContext, begun: ThreadMetadata
) -> None:
    await store.delete_thread(begun.id, ann)
    await store.save_thread(thread(begun.id, title="Bob's"), bob)
    assert (await store.load_thread(begun.id, bob)).title == "Bob's"
    with pytest.raises(NotFoundError):
        await store.load_thread(begun.id, ann)
    with pytest.raises(NotFoundError):
        await store.load_thread_items(begun.id, "msg_1", 10, "asc", bob)


async def test_writing_into_a_thread_while_it_goes_leaves_nothing_behind(
    store: ThreadStore, ann: RequestContext, begun: ThreadMetadata
) -> None:
    adding = [store.add_thread_item(begun.id, message(begun.id, f"late_{number}"), ann) for number in range(10)]
    attaching = [store.save_attachment(file(thread_id=begun.id), ann) for _ in range(10)]
    outcomes = await asyncio.gather(*adding, store.delete_thread(begun.id, ann), *attaching, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes if outcome is not None} <= {NotFoundError}
    await store.save_thread(begun, ann)
    assert (await store.load_thread_items(begun.id, None, 100, "asc", ann)).data == []
