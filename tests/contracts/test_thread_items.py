"""What every `ThreadStore` promises of items: each comes back as it was, and there is one of each id."""

import asyncio
from typing import get_args

import pytest
from chatkit.store import NotFoundError
from chatkit.types import ThreadItem, ThreadMetadata, UserMessageItem
from chatkit.widgets import DynamicWidgetRoot, StrictWidgetComponent, WidgetRoot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.application.turns.endings import incomplete, note
from app.domain.identity import RequestContext
from app.ports.thread_store import ThreadStore
from tests.factories import (
    NOON,
    answer,
    dynamic_widgets,
    hidden,
    items_of_every_type,
    later,
    message,
    strict_widgets,
    thread,
    widget,
)
from tests.widgets import CARD

TEXTS = {
    "emoji": "👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪",
    "right to left": "שלום \u202bمرحبا\u202c \u200f",
    "combining": "e\u0301 n\u0303 ཧཱུྃ Z̸̢͇a̷l̵g̶o",
    "noncharacters": "\ufdd0\ufffe\uffff\U0010ffff \ufdd0\U00100000",
    "controls": "".join(map(chr, range(32))) + "\x7f\x85\u2028\u2029",
    "NUL": "\x00 a\x00b \\u0000 \x00",
    "half an emoji": "cut \ud83d off \udc4d",
    "JSON": '{"a": "\\"}',
    "SQL": "'; DROP TABLE threads; -- %s :scope $1 ?",
    "nothing": "",
}


async def items(store: ThreadStore, thread_id: str, who: RequestContext) -> list[ThreadItem]:
    """The first hundred items, from the oldest."""
    return (await store.load_thread_items(thread_id, None, 100, "asc", who)).data


async def round_trip(store: ThreadStore, item: ThreadItem, who: RequestContext) -> ThreadItem:
    """The item as it comes back, after it came the same from both ways to read it."""
    await store.add_thread_item(item.thread_id, item, who)
    alone = await store.load_item(item.thread_id, item.id, who)
    assert await items(store, item.thread_id, who) == [alone]
    return alone


def same(found: ThreadItem, saved: ThreadItem) -> bool:
    """True when both are the same in type, deep down, in Python, and in what a client is sent."""
    return found == saved and found.model_dump() == saved.model_dump() and on_the_wire(found) == on_the_wire(saved)


def on_the_wire(item: ThreadItem) -> object:
    """What a client is sent; as Python, for half an emoji is no JSON."""
    return item.model_dump(mode="json")


# Every kind of item


def test_every_type_of_item_and_of_component_is_among_the_examples() -> None:
    known = {kind.model_fields["type"].default for kind in get_args(get_args(ThreadItem)[0])}
    assert len(known) == 11
    assert {item.type for item in items_of_every_type("thr_1")} == known
    components = {kind.model_fields["type"].default for kind in get_args(get_args(StrictWidgetComponent)[0])}
    shown = str(CARD)
    assert [name for name in components if f"'type': '{name}'" not in shown] == []
    assert {type(root).__name__ for root in strict_widgets()} == {"Card", "ListView", "BasicRoot"}


@pytest.mark.parametrize("item", items_of_every_type("thr_1"), ids=lambda item: item.type)
async def test_an_item_comes_back_as_it_was(
    store: ThreadStore, ann: RequestContext, begun: ThreadMetadata, item: ThreadItem
) -> None:
    saved = item.model_copy(update={"thread_id": begun.id})
    assert same(await round_trip(store, saved, ann), saved)


async def test_all_kinds_of_items_stand_side_by_side(
    store: ThreadStore, ann: RequestContext, begun: ThreadMetadata
) -> None:
    saved = items_of_every_type(begun.id)
    for item in saved:
        await store.add_thread_item(begun.id, item, ann)
    found = await items(store, begun.id, ann)
    assert [same(*pair) for pair in zip(found, saved, strict=True)] == [True] * len(saved)


@pytest.mark.parametrize("root", strict_widgets(), ids=lambda root: root.type)
async def test_a_widget_comes_back_with_its_types(
    store: ThreadStore, ann: RequestContext, begun: ThreadMetadata, root: WidgetRoot
) -> None:
    saved = widget(begun.id, root)
    assert same(await round_trip(store, saved, ann), saved)


@pytest.mark.parametrize("root", dynamic_widgets(), ids=lambda root: root.type)
async def test_a_template_loses_no_field_that_chatkit_does_not_know(
    store: ThreadStore, ann: RequestContext, begun: ThreadMetadata, root: DynamicWidgetRoot
) -> None:
    saved = widget(begun.id, root)
    assert on_the_wire(await round_trip(store, saved, ann)) == on_the_wire(saved)


# Every text


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_a_text_may_hold_anything(
    store: ThreadStore, ann: RequestContext, begun: ThreadMetadata, text: str
) -> None:
    saved = answer(begun.id, "msg_1", text=text)
    assert same(await round_trip(store, saved, ann), saved)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_ids_and_users_may_hold_anything(
    store: ThreadStore, ann: RequestContext, begun: ThreadMetadata, text: str
) -> None:
    odd = RequestContext(user_id=ann.user_id + text)
    kept = thread(begun.id + text + "_")
    await store.save_thread(kept, odd)
    saved = hidden(kept.id, "msg_" + text)
    assert same(await round_trip(store, saved, odd), saved)
    assert await store.load_thread(kept.id, odd) == kept
    await store.save_feedback(kept.id, [saved.id], "positive", odd)
    assert [judged.item_id for judged in await store.load_feedback(kept.id, odd)] == [saved.id]
    await store.delete_thread_item(kept.id, saved.id, odd)
    assert (await store.load_thread_items(kept.id, saved.id, 10, "asc", odd)).data == []
    await store.delete_thread(kept.id, odd)
    assert (await store.load_threads(10, kept.id, "asc", odd)).data == []


# A lone surrogate is no key: pydantic cannot serialize it for any client.
@pytest.mark.parametrize("text", [text for text in TEXTS.values() if "\ud83d" not in text])
async def test_keys_may_hold_anything_that_can_be_sent(
    store: ThreadStore, ann: RequestContext, begun: ThreadMetadata, text: str
) -> None:
    content = {text: {text: [text]}, "": text}
    saved = hidden(begun.id, "msg_1").model_copy(update={"content": content})
    assert same(await round_trip(store, saved, ann), saved)
    changed = begun.model_copy(update={"metadata": content})
    await store.save_thread(changed, ann)
    assert await store.load_thread(begun.id, ann) == changed


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(st.characters()),
    content=st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=10,
    ),
)  # fmt: skip
async def test_whatever_json_can_say_comes_back(
    store: ThreadStore, ann: RequestContext, begun: ThreadMetadata, text: str, content: object
) -> None:
    said = answer(begun.id, "msg_said", text=text)
    told = hidden(begun.id, "msg_told").model_copy(update={"content": content})
    for saved in (said, told):
        await store.save_item(begun.id, saved, ann)
        assert same(await store.load_item(begun.id, saved.id, ann), saved)


async def test_an_item_of_a_megabyte(store: ThreadStore, ann: RequestContext, begun: ThreadMetadata) -> None:
    saved = answer(begun.id, "msg_1", text="é\x00" * 350_000)
    assert same(await round_trip(store, saved, ann), saved)


async def test_a_number_beyond_every_machines_word(
    store: ThreadStore, ann: RequestContext, begun: ThreadMetadata
) -> None:
    saved = hidden(begun.id, "msg_1").model_copy(update={"content": [2**64, -(2**70), 0.1, 1e300]})
    assert same(await round_trip(store, saved, ann), saved)


# One of each id


@pytest.mark.parametrize("again", ["add_thread_item", "save_item"])
@pytest.mark.parametrize("first", ["add_thread_item", "save_item"])
async def test_both_ways_of_saving_insert_and_replace(
    store: ThreadStore, ann: RequestContext, begun: ThreadMetadata, first: str, again: str
) -> None:
    await getattr(store, first)(begun.id, message(begun.id, "msg_1", text="Old"), ann)
    await store.add_thread_item(begun.id, message(begun.id, "msg_2"), ann)
    replaced = answer(begun.id, "msg_1", at=later(60), text="New")
    await getattr(store, again)(begun.id, replaced, ann)
    found = await items(store, begun.id, ann)
    assert [item.id for item in found] == ["msg_1", "msg_2"], "its place is kept"
    assert same(found[0], replaced.model_copy(update={"created_at": NOON})), "and so is its first time"


async def test_two_threads_may_use_one_id(store: ThreadStore, ann: RequestContext, bob: RequestContext) -> None:
    mine, theirs = thread(), thread()
    for kept, who in ((mine, ann), (theirs, bob)):
        await store.save_thread(kept, who)
        await store.add_thread_item(kept.id, message(kept.id, "msg_1", text=who.user_id), who)
    await store.delete_thread_item(mine.id, "msg_1", ann)
    [found] = await items(store, theirs.id, bob)
    assert isinstance(found, UserMessageItem)
    assert found.content[0].text == bob.user_id


async def test_an_item_of_another_thread_of_ones_own_is_unknown(
    store: ThreadStore, ann: RequestContext, begun: ThreadMetadata
) -> None:
    other = thread()
    await store.save_thread(other, ann)
    await store.add_thread_item(other.id, message(other.id, "msg_1"), ann)
    with pytest.raises(NotFoundError):
        await store.load_item(begun.id, "msg_1", ann)
    with pytest.raises(NotFoundError):
        await store.delete_thread_item(begun.id, "msg_1", ann)
    with pytest.raises(NotFoundError):
        await store.load_thread_items(begun.id, "msg_1", 10, "asc", ann)
    with pytest.raises(NotFoundError):
        await store.save_feedback(begun.id, ["msg_1"], "positive", ann)


async def test_a_deleted_item_is_gone(store: ThreadStore, ann: RequestContext, begun: ThreadMetadata) -> None:
    await store.add_thread_item(begun.id, message(begun.id, "msg_1"), ann)
    await store.delete_thread_item(begun.id, "msg_1", ann)
    with pytest.raises(NotFoundError):
        await store.load_item(begun.id, "msg_1", ann)
    with pytest.raises(NotFoundError):
        await store.delete_thread_item(begun.id, "msg_1", ann)
    assert await items(store, begun.id, ann) == []


async def test_what_a_caller_changes_is_not_changed_in_the_store(
    store: ThreadStore, ann: RequestContext, begun: ThreadMetadata
) -> None:
    saved = hidden(begun.id, "msg_1").model_copy(update={"content": [1]})
    await store.add_thread_item(begun.id, saved, ann)
    saved.content.append(2)
    for found in (await store.load_item(begun.id, "msg_1", ann), *await items(store, begun.id, ann)):
        assert found.model_dump()["content"] == [1]
        getattr(found, "content").append(3)  # noqa: B009  # Only some items have content.
    assert (await store.load_item(begun.id, "msg_1", ann)).model_dump()["content"] == [1]


async def test_fifty_upserts_of_one_id_leave_one_item(
    store: ThreadStore, ann: RequestContext, begun: ThreadMetadata
) -> None:
    saved = [message(begun.id, "msg_1", at=later(number), text=str(number)) for number in range(50)]
    saving = (store.save_item if number % 2 else store.add_thread_item for number in range(50))
    await asyncio.gather(*(save(begun.id, item, ann) for save, item in zip(saving, saved, strict=True)))
    [found] = await items(store, begun.id, ann)
    texts = [item.model_copy(update={"created_at": found.created_at}) for item in saved]
    assert found in texts


async def test_of_many_deletions_one_wins(store: ThreadStore, ann: RequestContext, begun: ThreadMetadata) -> None:
    await store.add_thread_item(begun.id, message(begun.id, "msg_1"), ann)
    deleting = (store.delete_thread_item(begun.id, "msg_1", ann) for _ in range(10))
    outcomes = await asyncio.gather(*deleting, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [NotFoundError] * 9


async def test_fields_of_ours_come_back(store: ThreadStore, ann: RequestContext, begun: ThreadMetadata) -> None:
    told = answer(begun.id, "msg_9", text=TEXTS["half an emoji"])
    items: list[ThreadItem] = [incomplete(told, "stopped"), note(begun.id, "tsk_9", "max_output_tokens")]
    for saved in items:
        await store.add_thread_item(begun.id, saved, ann)
        found = await store.load_item(begun.id, saved.id, ann)
        assert (type(found), found) == (type(saved), saved)
    shown = (await store.load_context(begun.id, 100, ann)).items
    assert [found for found in shown if found.id in {"msg_9", "tsk_9"}] == items
