"""What every `ThreadStore` promises of attachments and feedback."""

import asyncio

import pytest
from chatkit.store import NotFoundError
from chatkit.types import Attachment, FileAttachment, ThreadMetadata

from app.domain.identity import RequestContext
from app.ports.thread_store import Feedback, ThreadStore
from tests.factories import answer, attachments, file, later, message, thread


@pytest.fixture
async def begun(store: ThreadStore, ann: RequestContext) -> ThreadMetadata:
    """A thread of Ann's with three messages, saved from the last to the first."""
    begun = thread()
    await store.save_thread(begun, ann)
    for number in (3, 2, 1):
        await store.add_thread_item(begun.id, message(begun.id, f"msg_{number}", at=later(number)), ann)
    return begun


# Attachments


@pytest.mark.parametrize("attachment", attachments(), ids=["bare file", "whole file", "image"])
async def test_an_attachment_comes_back_as_it_was(
    store: ThreadStore, ann: RequestContext, begun: ThreadMetadata, attachment: Attachment
) -> None:
    attachment = attachment.model_copy(update={"id": store.generate_item_id("attachment", begun, ann)})
    for thread_id in (None, begun.id):
        saved = attachment.model_copy(update={"thread_id": thread_id})
        await store.save_attachment(saved, ann)
        found = await store.load_attachment(saved.id, ann)
        assert found == saved
        assert found.model_dump_json() == saved.model_dump_json()


async def test_an_attachment_is_its_users_alone(store: ThreadStore, ann: RequestContext, bob: RequestContext) -> None:
    saved = file(metadata={"path": "secret"})
    await store.save_attachment(saved, ann)
    with pytest.raises(NotFoundError) as foreign:
        await store.load_attachment(saved.id, bob)
    with pytest.raises(NotFoundError) as absent:
        await store.load_attachment("atc_none", bob)
    assert str(foreign.value).replace(saved.id, "atc_none") == str(absent.value)
    with pytest.raises(NotFoundError):
        await store.save_attachment(file(saved.id, metadata={"path": "mine"}), bob)
    with pytest.raises(NotFoundError):
        await store.delete_attachment(saved.id, bob)
    assert await store.load_attachment(saved.id, ann) == saved


async def test_an_attachment_cannot_be_put_into_anothers_thread(
    store: ThreadStore, bob: RequestContext, begun: ThreadMetadata
) -> None:
    mine = file()
    await store.save_attachment(mine, bob)
    for attachment in (mine.model_copy(update={"thread_id": begun.id}), file(thread_id=begun.id)):
        with pytest.raises(NotFoundError):
            await store.save_attachment(attachment, bob)
    assert await store.load_attachment(mine.id, bob) == mine


async def test_an_attachment_goes_with_the_thread_it_was_last_saved_in(
    store: ThreadStore, ann: RequestContext, begun: ThreadMetadata
) -> None:
    other = thread()
    await store.save_thread(other, ann)
    moved, freed, staying = file(thread_id=begun.id), file(thread_id=begun.id), file(thread_id=other.id)
    for attachment in (moved, freed, staying):
        await store.save_attachment(attachment, ann)
    await store.save_attachment(moved.model_copy(update={"thread_id": other.id}), ann)
    await store.save_attachment(freed.model_copy(update={"thread_id": None}), ann)
    await store.delete_thread(begun.id, ann)
    for attachment in (moved, freed, staying):
        assert (await store.load_attachment(attachment.id, ann)).id == attachment.id
    await store.delete_thread(other.id, ann)
    for attachment in (moved, staying):
        with pytest.raises(NotFoundError):
            await store.load_attachment(attachment.id, ann)
    assert (await store.load_attachment(freed.id, ann)).thread_id is None


async def test_a_deleted_attachment_is_gone(store: ThreadStore, ann: RequestContext) -> None:
    saved = file()
    await store.save_attachment(saved, ann)
    await store.delete_attachment(saved.id, ann)
    with pytest.raises(NotFoundError):
        await store.load_attachment(saved.id, ann)
    with pytest.raises(NotFoundError):
        await store.delete_attachment(saved.id, ann)


async def test_of_two_users_that_save_one_attachment_one_has_it(
    store: ThreadStore, ann: RequestContext, bob: RequestContext
) -> None:
    saved = file()
    outcomes = await asyncio.gather(*(store.save_attachment(saved, who) for who in (ann, bob)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [NotFoundError]
    owner = (ann, bob)[outcomes.index(None)]
    assert isinstance(await store.load_attachment(saved.id, owner), FileAttachment)


# Feedback


async def test_feedback_comes_in_the_order_of_the_items(
    store: ThreadStore, ann: RequestContext, begun: ThreadMetadata
) -> None:
    await store.save_feedback(begun.id, ["msg_3", "msg_1", "msg_3"], "positive", ann)
    await store.save_feedback(begun.id, ["msg_2"], "negative", ann)
    assert await store.load_feedback(begun.id, ann) == [
        Feedback(thread_id=begun.id, item_id="msg_1", kind="positive", answer="Hello"),
        Feedback(thread_id=begun.id, item_id="msg_2", kind="negative", answer="Hello"),
        Feedback(thread_id=begun.id, item_id="msg_3", kind="positive", answer="Hello"),
    ]


async def test_a_later_judgement_replaces_the_first(
    store: ThreadStore, ann: RequestContext, begun: ThreadMetadata
) -> None:
    await store.save_feedback(begun.id, ["msg_1"], "positive", ann)
    await store.save_feedback(begun.id, ["msg_1"], "negative", ann)
    assert [judged.kind for judged in await store.load_feedback(begun.id, ann)] == ["negative"]


async def test_feedback_on_an_unknown_item_keeps_nothing(
    store: ThreadStore, ann: RequestContext, begun: ThreadMetadata
) -> None:
    with pytest.raises(NotFoundError):
        await store.save_feedback(begun.id, ["msg_1", "msg_none"], "positive", ann)
    assert await store.load_feedback(begun.id, ann) == []


async def test_feedback_on_nothing_is_nothing(store: ThreadStore, ann: RequestContext, begun: ThreadMetadata) -> None:
    await store.save_feedback(begun.id, [], "positive", ann)
    assert await store.load_feedback(begun.id, ann) == []


async def test_feedback_outlives_its_item_with_the_text_that_it_was_given_for(
    store: ThreadStore, ann: RequestContext, begun: ThreadMetadata
) -> None:
    said = "No. \x00 \ud83d"
    await store.add_thread_item(begun.id, answer(begun.id, "msg_4", at=later(4), text=said), ann)
    await store.save_feedback(begun.id, ["msg_4"], "negative", ann, question="Is it done? \x00")
    await store.save_feedback(begun.id, ["msg_2"], "positive", ann)
    await store.delete_thread_item(begun.id, "msg_4", ann)
    kept = await store.load_feedback(begun.id, ann)
    assert [judged.item_id for judged in kept] == ["msg_2", "msg_4"]
    judgement = Feedback(thread_id=begun.id, item_id="msg_4", kind="negative", answer=said, question="Is it done? \x00")
    assert kept[-1] == judgement
    with pytest.raises(NotFoundError):
        await store.save_feedback(begun.id, ["msg_4"], "positive", ann)
    assert (await store.load_feedback(begun.id, ann))[-1] == judgement, "what is gone is not judged again"


async def test_feedback_outlives_a_change_of_its_item(
    store: ThreadStore, ann: RequestContext, begun: ThreadMetadata
) -> None:
    await store.save_feedback(begun.id, ["msg_1"], "positive", ann)
    await store.save_item(begun.id, message(begun.id, "msg_1", text="Changed"), ann)
    assert [judged.item_id for judged in await store.load_feedback(begun.id, ann)] == ["msg_1"]


async def test_many_judge_one_item_at_once(store: ThreadStore, ann: RequestContext, begun: ThreadMetadata) -> None:
    items = [["msg_1", "msg_2"], ["msg_2", "msg_1"]] * 10
    await asyncio.gather(*(store.save_feedback(begun.id, some, "positive", ann) for some in items))
    assert [judged.item_id for judged in await store.load_feedback(begun.id, ann)] == ["msg_1", "msg_2"]
