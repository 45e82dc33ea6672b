"""What every `ThreadStore` promises of lists: their order, their pages, and cursors that outlive what they name."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from chatkit.store import NotFoundError
from chatkit.types import Page, ThreadItem, ThreadMetadata

from app.domain.identity import RequestContext
from app.domain.ids import new_id
from app.ports.thread_store import PAGE_BYTES, PAGE_LIMIT, ThreadStore
from tests.factories import NOON, hidden, later, message, sdk_hidden, thread

# Seven entries of three moments, added in this order; within a moment the one added first is the older one.
MOMENTS = [2, 0, 0, 1, 0, 2, 1]
BY_AGE = [1, 2, 4, 3, 6, 0, 5]

Read = Callable[[str | None, int, str], Awaitable[Page[Any]]]


class List:
    """Items of a thread or threads of a user, under the ids that they got in their order of insertion."""

    def __init__(self, store: ThreadStore, who: RequestContext, thread_id: str | None) -> None:
        self._store = store
        self._who = who
        self._thread_id = thread_id
        self.ids: list[str] = []

    async def add(self, at: dt.datetime, id_: str | None = None, text: str = "Hello") -> None:
        """One more entry, with its text."""
        id_ = id_ or new_id("any")
        if self._thread_id is None:
            await self._store.save_thread(thread(id_, at=at, title=text), self._who)
        else:
            item = message(self._thread_id, id_, at=at, text=text)
            await self._store.add_thread_item(self._thread_id, item, self._who)
        self.ids.append(id_)

    async def delete(self, id_: str) -> None:
        """One entry less."""
        if self._thread_id is None:
            await self._store.delete_thread(id_, self._who)
        else:
            await self._store.delete_thread_item(self._thread_id, id_, self._who)

    async def page(self, after: str | None = None, limit: int = PAGE_LIMIT, order: str = "asc") -> Page[Any]:
        """One page."""
        if self._thread_id is None:
            return await self._store.load_threads(limit, after, order, self._who)
        return await self._store.load_thread_items(self._thread_id, after, limit, order, self._who)

    async def behind(self, after: str | None = None, order: str = "asc") -> list[str]:
        """The ids of one page."""
        return [entry.id for entry in (await self.page(after, order=order)).data]


@pytest.fixture(params=["items", "threads"])
async def entries(request: pytest.FixtureRequest, store: ThreadStore, ann: RequestContext) -> List:
    """An empty list of each kind."""
    if request.param == "threads":
        return List(store, ann, None)
    kept = thread()
    await store.save_thread(kept, ann)
    return List(store, ann, kept.id)


@pytest.fixture
async def seven(entries: List) -> List:
    """A list of seven entries, whose moments are `MOMENTS`."""
    for moment in MOMENTS:
        await entries.add(later(moment))
    return entries


async def walk(read: Read, size: int, order: str) -> list[Any]:
    """Return every entry, page by page; each page but the last is full."""
    seen: list[Any] = []
    after = None
    while True:
        page = await read(after, size, order)
        seen += page.data
        if not page.has_more:
            assert page.after is None
            return seen
        assert len(page.data) == size
        assert page.after == page.data[-1].id
        after = page.after


# Order and pages


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("size", range(1, 10))
async def test_pages_of_every_size_make_the_whole(seven: List, size: int, order: str) -> None:
    expected = [seven.ids[place] for place in BY_AGE]
    found = [entry.id for entry in await walk(seven.page, size, order)]
    assert found == (expected if order == "asc" else expected[::-1])


@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_equal_times_are_ordered_by_insertion(entries: List, order: str) -> None:
    for id_ in [f"{name}_{new_id('any')}" for name in "zazby"]:
        await entries.add(NOON, id_)
    expected = entries.ids if order == "asc" else entries.ids[::-1]
    assert await entries.behind(order=order) == expected
    assert [entry.id for entry in await walk(entries.page, 2, order)] == expected


@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_a_page_starts_behind_each_entry(seven: List, order: str) -> None:
    expected = [seven.ids[place] for place in BY_AGE][:: 1 if order == "asc" else -1]
    for place, id_ in enumerate(expected):
        assert await seven.behind(id_, order) == expected[place + 1 :]


async def test_times_are_compared_to_the_microsecond_and_across_zones(entries: List) -> None:
    tick = dt.timedelta(microseconds=1)
    east = dt.timezone(dt.timedelta(hours=13, minutes=45))
    for at in (NOON + 2 * tick, (NOON + tick).astimezone(east), NOON.astimezone(dt.timezone(-dt.timedelta(hours=11)))):
        await entries.add(at)
    assert await entries.behind() == entries.ids[::-1]


@pytest.mark.parametrize("years", [1, 1900, 1969, 9998])
async def test_any_year_can_be_sorted(entries: List, years: int) -> None:
    await entries.add(NOON)
    await entries.add(NOON.replace(year=years))
    expected = entries.ids if years > NOON.year else entries.ids[::-1]
    assert await entries.behind() == expected


@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_an_empty_list_is_one_empty_page(entries: List, order: str) -> None:
    assert (await entries.page(order=order)).model_dump() == {"data": [], "has_more": False, "after": None}


async def test_saving_again_keeps_the_place(seven: List) -> None:
    before = await seven.behind()
    for id_ in list(seven.ids):
        await seven.add(later(99), id_)
    assert await seven.behind() == before


# Limits


@pytest.mark.parametrize("limit", [0, -1, -(10**12)])
async def test_a_limit_is_at_least_one(seven: List, limit: int) -> None:
    page = await seven.page(limit=limit)
    assert [entry.id for entry in page.data] == [seven.ids[1]]
    assert page.has_more


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("letter", ["x", "ß", "😀"])
async def test_a_page_ends_before_it_holds_too_many_bytes(entries: List, order: str, letter: str) -> None:
    for size in (0.3, 0.3, 0.3, 0.3, 2.5, 0.0, 1.5, 0.1):
        await entries.add(NOON, text=letter * int(size * PAGE_BYTES / len(letter.encode())))
    seen: list[list[Any]] = []
    after, more = None, True
    while more:
        page = await entries.page(after, order=order)
        after, more = page.after, page.has_more
        assert after == (page.data[-1].id if more else None)
        seen.append(page.data)
    ids = [entry.id for page in seen for entry in page]
    assert ids == (entries.ids if order == "asc" else entries.ids[::-1])
    lengths = [len(page) for page in seen]
    assert lengths == ([3, 1, 1, 1, 1, 1] if order == "asc" else [1, 1, 1, 1, 3, 1])


@pytest.mark.parametrize("limit", [PAGE_LIMIT, PAGE_LIMIT + 1, 2**63, 10**30])
async def test_a_limit_is_at_most_the_cap(entries: List, limit: int) -> None:
    for number in range(PAGE_LIMIT + 1):
        await entries.add(later(number))
    page = await entries.page(limit=limit)
    assert len(page.data) == PAGE_LIMIT
    assert page.has_more
    assert await entries.behind(page.after) == entries.ids[-1:]


@pytest.mark.parametrize("extra", [-1, 0, 1])
async def test_more_is_promised_only_when_more_is_there(entries: List, extra: int) -> None:
    for number in range(3):
        await entries.add(later(number))
    page = await entries.page(limit=3 + extra)
    assert page.has_more == (extra < 0)


# Cursors


@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_a_cursor_outlives_its_entry_and_its_neighbours(seven: List, order: str) -> None:
    expected = [seven.ids[place] for place in BY_AGE][:: 1 if order == "asc" else -1]
    for id_ in expected[2:5]:
        await seven.delete(id_)
    for id_ in expected[1:5]:
        assert await seven.behind(id_, order) == expected[5:]


@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_a_cursor_outlives_the_last_entry_and_all_of_them(seven: List, order: str) -> None:
    last = (await seven.behind(order=order))[-1]
    await seven.delete(last)
    assert await seven.behind(last, order) == []
    for id_ in seven.ids:
        if id_ != last:
            await seven.delete(id_)
    assert await seven.behind(seven.ids[0], order) == []
    await seven.add(later(-1))
    await seven.add(later(99))
    assert await seven.behind(seven.ids[3], order) == [seven.ids[-1 if order == "asc" else -2]]


async def test_what_is_added_later_is_found_behind_a_cursor_that_is_gone(seven: List) -> None:
    newest = seven.ids[5]
    await seven.delete(newest)
    await seven.add(later(2))
    assert await seven.behind(newest) == seven.ids[-1:], "also at the very moment of the one that is gone"


async def test_an_entry_that_comes_back_has_a_new_place(seven: List) -> None:
    gone = seven.ids[0]
    await seven.delete(gone)
    await seven.add(later(2), gone)
    assert (await seven.behind())[-2:] == [seven.ids[5], gone]
    assert await seven.behind(gone) == []
    await seven.delete(gone)
    assert await seven.behind(gone) == []
    assert await seven.behind(gone, "desc") == [seven.ids[place] for place in BY_AGE[::-1] if place != 0]


@pytest.mark.parametrize("after", ["nothing", "", "\x00", "'"])
async def test_a_cursor_that_never_was_is_unknown(seven: List, after: str) -> None:
    with pytest.raises(NotFoundError):
        await seven.page(after)


async def test_a_cursor_of_an_empty_list_is_unknown(entries: List) -> None:
    with pytest.raises(NotFoundError):
        await entries.page("nothing")


async def test_a_cursor_goes_with_its_thread(store: ThreadStore, ann: RequestContext, begun: ThreadMetadata) -> None:
    for id_ in ("msg_1", "msg_2"):
        await store.add_thread_item(begun.id, message(begun.id, id_), ann)
    await store.delete_thread_item(begun.id, "msg_1", ann)
    await store.delete_thread(begun.id, ann)
    await store.save_thread(begun, ann)
    for id_ in ("msg_1", "msg_2"):
        with pytest.raises(NotFoundError):
            await store.load_thread_items(begun.id, id_, 10, "asc", ann)


# Hidden items


async def fill(store: ThreadStore, who: RequestContext, thread_id: str, pattern: Sequence[str]) -> list[ThreadItem]:
    """Items of one moment: `h` and `s` are the two hidden kinds, `m` is seen."""
    make: dict[str, Callable[[str, str], ThreadItem]] = {"h": hidden, "s": sdk_hidden, "m": message}
    added = [make[kind](thread_id, f"item_{place}") for place, kind in enumerate(pattern)]
    for item in added:
        await store.add_thread_item(thread_id, item, who)
    return added


@pytest.mark.parametrize("pattern", ["hhhmm", "mmsss", "mhmsm", "hmh", "hshs", "mhhhhhhhm", "smmhmms", "mm"])
@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("size", [1, 2, 3, 10])
async def test_a_client_pages_as_if_nothing_was_hidden(
    store: ThreadStore, ann: RequestContext, begun: ThreadMetadata, pattern: str, order: str, size: int
) -> None:
    added = (await fill(store, ann, begun.id, pattern))[:: 1 if order == "asc" else -1]
    seen = [item.id for item in added if item.type == "user_message"]

    async def read(after: str | None, limit: int, order: str) -> Page[Any]:
        return await store.load_thread_items(begun.id, after, limit, order, ann.as_client())

    assert [item.id for item in await walk(read, size, order)] == seen
    for place, item in enumerate(added):
        behind = [later.id for later in added[place + 1 :] if later.type == "user_message"]
        assert [found.id for found in (await read(item.id, 100, order)).data] == behind, "a hidden cursor works too"


async def test_the_server_sees_what_is_hidden(store: ThreadStore, ann: RequestContext, begun: ThreadMetadata) -> None:
    added = await fill(store, ann, begun.id, "hms")
    assert (await store.load_thread_items(begun.id, None, 10, "asc", ann)).data == added


async def test_what_becomes_hidden_is_hidden_and_what_becomes_seen_is_seen(
    store: ThreadStore, ann: RequestContext, begun: ThreadMetadata
) -> None:
    await fill(store, ann, begun.id, "mh")
    await store.save_item(begun.id, hidden(begun.id, "item_0"), ann)
    await store.save_item(begun.id, message(begun.id, "item_1"), ann)
    page = await store.load_thread_items(begun.id, None, 10, "asc", ann.as_client())
    assert [item.id for item in page.data] == ["item_1"]


# Many


async def test_a_thread_of_ten_thousand_items(store: ThreadStore, ann: RequestContext, begun: ThreadMetadata) -> None:
    ids = [f"item_{number}" for number in range(10_000)]
    items = [message(begun.id, id_, at=later(number)) for number, id_ in enumerate(ids)]
    for start in range(0, len(items), 100):
        batch = items[start : start + 100]
        await asyncio.gather(*(store.add_thread_item(begun.id, item, ann) for item in batch))

    async def read(after: str | None, limit: int, order: str) -> Page[Any]:
        return await store.load_thread_items(begun.id, after, limit, order, ann)

    assert [item.id for item in await walk(read, PAGE_LIMIT, "desc")] == ids[::-1]
    assert [item.id for item in (await read(ids[4999], 2, "asc")).data] == ids[5000:5002]
    await store.delete_thread(begun.id, ann)
    with pytest.raises(NotFoundError):
        await read(None, 10, "asc")
