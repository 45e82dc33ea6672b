"""What every `FileLedger` promises."""

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from chatkit.store import NotFoundError
from chatkit.types import Attachment, AttachmentCreateParams, FileAttachment, ThreadMetadata

from app.adapters.attachments.obstore_storage import open_attachments
from app.application.attachments.cleanup import FileCleanup
from app.application.attachments.service import Attachments
from app.application.attachments.signed_links import FileLinks
from app.domain.errors import InvalidInputError
from app.domain.identity import RequestContext
from app.domain.ids import new_id
from app.environment import Secret
from app.ports.file_ledger import FileLedger, Upload
from app.ports.storage import Storage
from app.ports.thread_store import ThreadStore
from app.settings.attachments import AttachmentSettings
from tests.factories import thread

SOON = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
LONG, OVER = dt.timedelta(hours=1), dt.timedelta(seconds=-1)
LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def attachment(**fields: Any) -> FileAttachment:
    return FileAttachment(id=new_id("atc"), name="a.txt", mime_type="text/plain", **fields)


def coming(attachment: Attachment, whose: RequestContext) -> Upload:
    return Upload(id=new_id("upl"), attachment_id=attachment.id, user_id=whose.user_id)


async def everything(ledger: FileLedger) -> set[str]:
    """All that is abandoned: other tests leave things behind, too."""
    return set(await ledger.abandoned(limit=100_000))


@pytest.fixture
def ledger(storage: Storage) -> FileLedger:
    """The ledger under test."""
    return storage.files


async def test_a_users_attachments_are_listed_in_pages(
    storage: Storage, ledger: FileLedger, ann: RequestContext, bob: RequestContext, begun: ThreadMetadata
) -> None:
    mine = [attachment(), attachment(thread_id=begun.id), attachment()]
    for one in mine:
        await storage.threads.save_attachment(one, ann)
    await storage.threads.save_attachment(attachment(), bob)
    ids = sorted(one.id for one in mine)
    assert await ledger.of_user(ann.user_id) == ids
    assert await ledger.of_user(ann.user_id, limit=2) == ids[:2]
    assert await ledger.of_user(ann.user_id, after=ids[1]) == ids[2:]
    assert await ledger.of_user("nobody") == []


async def test_sizes_add_up(storage: Storage, ledger: FileLedger, ann: RequestContext, bob: RequestContext) -> None:
    assert await ledger.used(ann.user_id) == 0
    big = attachment(metadata={"size": 3_000_000_000})
    for one in (big, attachment(metadata={"size": 5}), attachment()):
        await storage.threads.save_attachment(one, ann)
    await storage.threads.save_attachment(attachment(metadata={"size": 7}), bob)
    assert await ledger.used(ann.user_id) == 3_000_000_005
    await storage.threads.save_attachment(big.model_copy(update={"metadata": {"size": 1}}), ann)
    assert await ledger.used(ann.user_id) == 6


async def test_what_is_deleted_is_abandoned_until_it_is_cleared(
    storage: Storage, ledger: FileLedger, ann: RequestContext
) -> None:
    gone, kept = attachment(), attachment()
    for one in (gone, kept):
        await storage.threads.save_attachment(one, ann)
    await storage.threads.delete_attachment(gone.id, ann)
    assert await everything(ledger) & {gone.id, kept.id} == {gone.id}
    await ledger.cleared([gone.id, "unknown"])
    assert gone.id not in await everything(ledger)
    await ledger.cleared([])


async def test_a_user_cannot_abandon_the_files_of_another(
    storage: Storage, ledger: FileLedger, ann: RequestContext, bob: RequestContext
) -> None:
    mine = attachment()
    await storage.threads.save_attachment(mine, ann)
    with pytest.raises(NotFoundError):
        await storage.threads.delete_attachment(mine.id, bob)
    assert mine.id not in await everything(ledger)


async def test_a_thread_takes_its_files_along(
    storage: Storage, ledger: FileLedger, ann: RequestContext, bob: RequestContext, begun: ThreadMetadata
) -> None:
    sent, unsent = attachment(), attachment()
    for one in (sent, unsent):
        await storage.threads.save_attachment(one, ann)
    await storage.threads.save_attachment(sent.model_copy(update={"thread_id": begun.id}), ann)
    with pytest.raises(NotFoundError):
        await storage.threads.delete_thread(begun.id, bob)
    assert sent.id not in await everything(ledger)
    await storage.threads.delete_thread(begun.id, ann)
    assert await everything(ledger) & {sent.id, unsent.id} == {sent.id}


async def test_so_does_an_old_thread(storage: Storage, ledger: FileLedger, ann: RequestContext) -> None:
    old = thread(at=LONG_AGO)
    sent = attachment(thread_id=old.id)
    await storage.threads.save_thread(old, ann)
    await storage.threads.save_attachment(sent, ann)
    while await storage.sweep(dt.datetime.now(dt.UTC) - LONG_AGO - dt.timedelta(days=1)):
        pass
    assert sent.id in await everything(ledger)


async def test_so_does_a_user(
    storage: Storage, ledger: FileLedger, ann: RequestContext, bob: RequestContext, begun: ThreadMetadata
) -> None:
    mine, other = [attachment(thread_id=begun.id), attachment()], attachment()
    for one in mine:
        await storage.threads.save_attachment(one, ann)
    await storage.threads.save_attachment(other, bob)
    await storage.erase(ann.user_id)
    assert await everything(ledger) & {*(one.id for one in mine), other.id} == {one.id for one in mine}
    assert await ledger.of_user(ann.user_id) == []


async def test_what_was_never_sent_ends_after_a_while(
    storage: Storage, ledger: FileLedger, ann: RequestContext, begun: ThreadMetadata
) -> None:
    sent, unsent = attachment(), [attachment() for _ in range(3)]
    for one in (sent, *unsent):
        await storage.threads.save_attachment(one, ann)
    await storage.threads.save_attachment(sent.model_copy(update={"thread_id": begun.id}), ann)
    assert await ledger.abandon_unsent(dt.timedelta(days=1)) == 0
    assert await ledger.of_user(ann.user_id) == sorted([sent.id, *(one.id for one in unsent)])
    while await ledger.abandon_unsent(dt.timedelta(0), batch=2):
        pass
    assert await ledger.of_user(ann.user_id) == [sent.id]
    assert {one.id for one in unsent} <= await everything(ledger)
    with pytest.raises(NotFoundError):
        await storage.threads.load_attachment(unsent[0].id, ann)


async def test_the_age_of_an_attachment_is_that_of_its_first_saving(
    storage: Storage, ledger: FileLedger, ann: RequestContext
) -> None:
    mine = attachment()
    await storage.threads.save_attachment(mine, ann)
    between = await storage.now()
    await storage.threads.save_attachment(mine.model_copy(update={"name": "b.txt"}), ann)
    while await ledger.abandon_unsent(await storage.now() - between):
        pass
    assert await ledger.of_user(ann.user_id) == []


@pytest.mark.parametrize("way", ["announced", "uploaded"])
async def test_files_that_come_at_once_take_no_more_room_than_there_is(
    storage: Storage, ledger: FileLedger, ann: RequestContext, way: str
) -> None:
    settings = AttachmentSettings(url="memory://", bytes_per_user=25)
    files, links = open_attachments(settings), FileLinks(Secret("k" * 32))
    all_ = Attachments(storage.threads, ledger, files, links, settings, FileCleanup(ledger, files))
    ann = RequestContext(user_id=ann.user_id, base_url="http://chat.example")

    async def content() -> AsyncGenerator[bytes, None]:
        yield b"0123456789"

    async def come() -> None:
        if way == "uploaded":
            await all_.add("a.txt", content(), ann)
            return
        params = AttachmentCreateParams(name="a.txt", size=10, mime_type="text/plain")
        await storage.threads.save_attachment(await all_.create_attachment(params, ann), ann)

    outcomes = await asyncio.gather(*(come() for _ in range(12)), return_exceptions=True)
    assert outcomes.count(None) == 2, "as many as there is room for, and not fewer because others wanted it too"
    assert all(isinstance(outcome, InvalidInputError) for outcome in outcomes if outcome is not None)
    assert await ledger.used(ann.user_id) == 20
    with pytest.raises(InvalidInputError):
        await come()


async def test_what_does_not_fit_is_not_announced(
    ledger: FileLedger, store: ThreadStore, ann: RequestContext, bob: RequestContext
) -> None:
    mine, more = attachment(), attachment()
    assert await ledger.announce(mine, ann, 6, at_most=10, life=LONG)
    assert not await ledger.announce(more, ann, 5, at_most=10, life=LONG)
    assert await ledger.announce(attachment(), bob, 10, at_most=10, life=LONG)
    assert await ledger.announce(attachment(), RequestContext(user_id=new_id("nul\x00l")), 1, at_most=10, life=LONG)
    assert await ledger.of_user(ann.user_id) == [mine.id]
    assert await ledger.used(ann.user_id) == 6
    assert await ledger.announce(more, ann, 1_000, at_most=None, life=LONG)
    assert await ledger.used(ann.user_id) == 1_006


async def test_what_is_on_its_way_counts(ledger: FileLedger, ann: RequestContext) -> None:
    first, second = coming(attachment(), ann), coming(attachment(), ann)
    assert await ledger.reserve(first, 6, at_most=10, life=LONG) == 0
    assert await ledger.reserve(second, 7, at_most=10, life=LONG) == 3
    assert await ledger.reserve(first, 10, at_most=10, life=LONG) == 0
    assert await ledger.reserve(second, 1, at_most=10, life=LONG) == 1
    assert await ledger.used(ann.user_id) == 10
    await ledger.release(first)
    await ledger.release(first)
    assert await ledger.used(ann.user_id) == 0
    assert not await ledger.renew(first, life=LONG)


async def test_an_upload_takes_the_room_of_its_announcement(ledger: FileLedger, ann: RequestContext) -> None:
    mine = attachment()
    await ledger.announce(mine, ann, 6, at_most=10, life=LONG)
    first, second = coming(mine, ann), coming(mine, ann)
    assert await ledger.reserve(first, 6, at_most=10, life=LONG) == 0
    assert await ledger.used(ann.user_id) == 6
    assert await ledger.reserve(second, 6, at_most=10, life=LONG) == 2, "the same file twice at once takes twice"
    await ledger.release(first)
    assert await ledger.used(ann.user_id) == 6, "the announcement stands"
    assert await ledger.reserve(second, 6, at_most=10, life=LONG) == 0
    stored = mine.model_copy(update={"metadata": {"size": 6, "uploaded": True}})
    assert await ledger.settle(second, stored, ann, announced=True)
    assert await ledger.used(ann.user_id) == 6
    again = coming(mine, ann)
    assert await ledger.reserve(again, 6, at_most=10, life=LONG) == 2, "what it replaces is there until it has come"


async def test_an_announcement_that_is_deleted_frees_its_room_but_not_that_of_its_upload(
    ledger: FileLedger, store: ThreadStore, ann: RequestContext
) -> None:
    idle, mine = attachment(), attachment()
    await ledger.announce(idle, ann, 3, at_most=10, life=LONG)
    await ledger.announce(mine, ann, 6, at_most=10, life=LONG)
    upload = coming(mine, ann)
    await ledger.reserve(upload, 6, at_most=10, life=LONG)
    await store.delete_attachment(idle.id, ann)
    await store.delete_attachment(mine.id, ann)
    assert await ledger.used(ann.user_id) == 6
    await ledger.cleared([mine.id])
    assert not await ledger.settle(upload, mine, ann, announced=True)
    assert await ledger.used(ann.user_id) == 0
    assert mine.id in await everything(ledger)
    with pytest.raises(NotFoundError):
        await store.load_attachment(mine.id, ann)


async def test_a_whole_upload_is_an_attachment(ledger: FileLedger, store: ThreadStore, ann: RequestContext) -> None:
    mine = attachment(metadata={"size": 5, "uploaded": True})
    upload = coming(mine, ann)
    await ledger.reserve(upload, 8, at_most=10, life=LONG)
    assert await ledger.renew(upload, life=LONG)
    assert await ledger.settle(upload, mine, ann, announced=False)
    assert (await ledger.used(ann.user_id), await ledger.of_user(ann.user_id)) == (5, [mine.id])
    assert (await store.load_attachment(mine.id, ann)).name == "a.txt"
    assert not await ledger.settle(upload, mine.model_copy(update={"name": "b.txt"}), ann, announced=False)
    assert (await store.load_attachment(mine.id, ann)).name == "a.txt"
    assert mine.id not in await everything(ledger)


async def test_what_was_sent_is_not_changed_by_an_upload(
    ledger: FileLedger, store: ThreadStore, ann: RequestContext, begun: ThreadMetadata
) -> None:
    mine = attachment()
    await ledger.announce(mine, ann, 5, at_most=10, life=LONG)
    upload = coming(mine, ann)
    await ledger.reserve(upload, 5, at_most=10, life=LONG)
    await store.save_attachment(mine.model_copy(update={"thread_id": begun.id}), ann)
    assert not await ledger.settle(upload, mine.model_copy(update={"name": "b.txt"}), ann, announced=True)
    assert (await store.load_attachment(mine.id, ann)).name == "a.txt"
    assert mine.id not in await everything(ledger)


async def test_what_lapses_holds_its_room_until_it_is_given_up(
    ledger: FileLedger, store: ThreadStore, ann: RequestContext
) -> None:
    dead, announced, alive = attachment(), attachment(), attachment()
    await ledger.announce(announced, ann, 3, at_most=None, life=OVER)
    await ledger.announce(alive, ann, 2, at_most=None, life=OVER)
    await ledger.reserve(coming(dead, ann), 4, at_most=None, life=OVER)
    await ledger.reserve(held := coming(alive, ann), 2, at_most=None, life=LONG)
    lapsed = [upload for upload in await ledger.lapsed(limit=1000) if upload.user_id == ann.user_id]
    assert {upload.attachment_id for upload in lapsed} == {dead.id, announced.id}, "one is still on its way"
    assert await ledger.used(ann.user_id) == 9
    await ledger.give_up([*lapsed, held])
    await ledger.give_up(lapsed)
    assert await ledger.used(ann.user_id) == 2
    assert await ledger.of_user(ann.user_id) == [alive.id]
    assert await everything(ledger) >= {dead.id, announced.id}
    assert await ledger.settle(held, alive, ann, announced=True)


async def test_an_upload_lapses_under_an_announcement_that_stands(ledger: FileLedger, ann: RequestContext) -> None:
    mine = attachment()
    await ledger.announce(mine, ann, 3, at_most=None, life=LONG)
    await ledger.reserve(upload := coming(mine, ann), 3, at_most=None, life=OVER)
    assert upload in await ledger.lapsed(limit=1000)
    await ledger.give_up([upload])
    assert (await ledger.used(ann.user_id), await ledger.of_user(ann.user_id)) == (3, [mine.id])
    assert mine.id not in await everything(ledger)
    assert not await ledger.settle(upload, mine, ann, announced=True)


async def test_reservations_at_once_take_no_more_than_there_is(ledger: FileLedger, ann: RequestContext) -> None:
    uploads = [coming(attachment(), ann) for _ in range(12)]
    lacking = await asyncio.gather(*(ledger.reserve(one, 10, at_most=25, life=LONG) for one in uploads))
    assert sorted(lacking) == [0, 0, *[5] * 10]
    assert await ledger.used(ann.user_id) == 20
