"""What every `TurnLog` promises."""

import asyncio

import pytest
from chatkit.store import NotFoundError
from chatkit.types import ThreadMetadata

from app.domain.identity import RequestContext
from app.ports.storage import Storage
from app.ports.turn_log import TurnLog, TurnStatus
from tests.factories import later, message, thread, turn


@pytest.fixture
def log(storage: Storage) -> TurnLog:
    """The log under test."""
    return storage.turn_log


@pytest.fixture
async def begun(storage: Storage, ann: RequestContext) -> ThreadMetadata:
    """A thread of Ann's with two messages."""
    begun = thread()
    await storage.threads.save_thread(begun, ann)
    for id_ in ("msg_1", "msg_2"):
        await storage.threads.add_thread_item(begun.id, message(begun.id, id_), ann)
    return begun


async def test_a_turn_comes_back_as_it_was(log: TurnLog, ann: RequestContext, begun: ThreadMetadata) -> None:
    record = turn(begun.id, "msg_1", error="It broke: \x00 👩‍👩‍👧", item_ids=[])
    await log.save(record, ann)
    assert await log.load(begun.id, ["msg_1"], ann) == {"msg_1": record}


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled", "interrupted"])
async def test_every_end_of_a_turn_is_kept(
    log: TurnLog, ann: RequestContext, begun: ThreadMetadata, status: TurnStatus
) -> None:
    await log.save(turn(begun.id, "msg_1", status=status), ann)
    assert (await log.load(begun.id, ["msg_1"], ann))["msg_1"].status == status


async def test_what_a_model_said_is_kept_to_the_letter(
    log: TurnLog, ann: RequestContext, begun: ThreadMetadata
) -> None:
    said = [
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x" * 1_000_000},
        {"type": "function_call", "arguments": '{"half": "\ud83d", "nul": "\x00"}', "nul\x00": None},
        {"extra_content": {"google": {"thought_signature": "c2lnbmF0dXJl"}}, "deep": [[1, 2.5, {"a": [True]}]]},
    ]
    await log.save(turn(begun.id, "msg_1", model_items=said), ann)
    assert (await log.load(begun.id, ["msg_1"], ann))["msg_1"].model_items == said


async def test_the_same_moment_comes_back(log: TurnLog, ann: RequestContext, begun: ThreadMetadata) -> None:
    record = turn(begun.id, "msg_1", started_at=later(0.000001), finished_at=later(0.999999))
    await log.save(record, ann)
    found = (await log.load(begun.id, ["msg_1"], ann))["msg_1"]
    assert (found.started_at, found.finished_at) == (record.started_at, record.finished_at)
    assert found.started_at.utcoffset() is not None


async def test_a_second_answer_to_an_item_replaces_the_first(
    log: TurnLog, ann: RequestContext, begun: ThreadMetadata
) -> None:
    first, second = turn(begun.id, "msg_1", status="failed"), turn(begun.id, "msg_1", model_items=[])
    await log.save(first, ann)
    await log.save(second, ann)
    assert await log.load(begun.id, ["msg_1"], ann) == {"msg_1": second}


async def test_many_answers_at_once_leave_one(log: TurnLog, ann: RequestContext, begun: ThreadMetadata) -> None:
    records = [turn(begun.id, "msg_1") for _ in range(30)]
    await asyncio.gather(*(log.save(record, ann) for record in records))
    assert (await log.load(begun.id, ["msg_1"], ann))["msg_1"] in records


async def test_only_the_turns_asked_for_come_back(log: TurnLog, ann: RequestContext, begun: ThreadMetadata) -> None:
    records = {f"msg_{number}": turn(begun.id, f"msg_{number}") for number in range(5)}
    for record in records.values():
        await log.save(record, ann)
    asked = ["msg_3", "msg_none", "msg_1", "msg_3", ""]
    assert await log.load(begun.id, asked, ann) == {id_: records[id_] for id_ in ("msg_1", "msg_3")}
    assert await log.load(begun.id, [], ann) == {}
    assert await log.load(begun.id, [f"msg_{number}" for number in range(3_000)], ann) == records


async def test_the_same_item_id_in_another_thread_has_a_turn_of_its_own(
    log: TurnLog, storage: Storage, ann: RequestContext, begun: ThreadMetadata
) -> None:
    other = thread()
    await storage.threads.save_thread(other, ann)
    mine, theirs = turn(begun.id, "msg_1"), turn(other.id, "msg_1")
    for record in (mine, theirs):
        await log.save(record, ann)
    assert await log.load(begun.id, ["msg_1"], ann) == {"msg_1": mine}
    assert await log.load(other.id, ["msg_1"], ann) == {"msg_1": theirs}


async def test_what_a_caller_changes_is_not_changed_in_the_log(
    log: TurnLog, ann: RequestContext, begun: ThreadMetadata
) -> None:
    record = turn(begun.id, "msg_1", item_ids=["msg_2"])
    await log.save(record, ann)
    record.item_ids.append("changed")
    (await log.load(begun.id, ["msg_1"], ann))["msg_1"].item_ids.append("changed too")
    assert (await log.load(begun.id, ["msg_1"], ann))["msg_1"].item_ids == ["msg_2"]


# Whose it is


async def test_anothers_thread_is_as_unknown_as_none(
    log: TurnLog, ann: RequestContext, bob: RequestContext, begun: ThreadMetadata
) -> None:
    kept = turn(begun.id, "msg_1")
    await log.save(kept, ann)
    told: list[str] = []
    for thread_id in (begun.id, "thr_none"):
        with pytest.raises(NotFoundError) as writing:
            await log.save(turn(thread_id, "msg_1"), bob)
        with pytest.raises(NotFoundError) as reading:
            await log.load(thread_id, ["msg_1"], bob)
        with pytest.raises(NotFoundError):
            await log.load(thread_id, [], bob)
        told += [f"{writing.value} {reading.value}".replace(thread_id, "it")]
    assert told[0] == told[1]
    assert await log.load(begun.id, ["msg_1"], ann) == {"msg_1": kept}


# With what it goes


async def test_a_turn_goes_with_the_item_that_it_answers(
    log: TurnLog, storage: Storage, ann: RequestContext, begun: ThreadMetadata
) -> None:
    for id_ in ("msg_1", "msg_2"):
        await log.save(turn(begun.id, id_), ann)
    await storage.threads.delete_thread_item(begun.id, "msg_1", ann)
    assert list(await log.load(begun.id, ["msg_1", "msg_2"], ann)) == ["msg_2"]
    await storage.threads.add_thread_item(begun.id, message(begun.id, "msg_1"), ann)
    assert list(await log.load(begun.id, ["msg_1", "msg_2"], ann)) == ["msg_2"]


async def test_a_turn_outlives_a_change_of_the_item_that_it_answers(
    log: TurnLog, storage: Storage, ann: RequestContext, begun: ThreadMetadata
) -> None:
    await log.save(turn(begun.id, "msg_1"), ann)
    await storage.threads.save_item(begun.id, message(begun.id, "msg_1", text="Changed"), ann)
    assert list(await log.load(begun.id, ["msg_1"], ann)) == ["msg_1"]


async def test_a_turn_goes_with_its_thread(
    log: TurnLog, storage: Storage, ann: RequestContext, begun: ThreadMetadata
) -> None:
    await log.save(turn(begun.id, "msg_1"), ann)
    await storage.threads.delete_thread(begun.id, ann)
    with pytest.raises(NotFoundError):
        await log.load(begun.id, ["msg_1"], ann)
    with pytest.raises(NotFoundError):
        await log.save(turn(begun.id, "msg_1"), ann)
    await storage.threads.save_thread(begun, ann)
    assert await log.load(begun.id, ["msg_1"], ann) == {}


async def test_turns_that_end_while_their_thread_goes_leave_nothing_behind(
    log: TurnLog, storage: Storage, ann: RequestContext, begun: ThreadMetadata
) -> None:
    ids = [f"msg_{number}" for number in range(20)]
    ending = [log.save(turn(begun.id, id_), ann) for id_ in ids]
    deleting = storage.threads.delete_thread(begun.id, ann)
    outcomes = await asyncio.gather(*ending[:10], deleting, *ending[10:], return_exceptions=True)
    assert {type(outcome) for outcome in outcomes if outcome is not None} <= {NotFoundError}
    await storage.threads.save_thread(begun, ann)
    assert await log.load(begun.id, ids, ann) == {}


async def test_a_turn_that_is_forgotten_is_gone_and_no_other(
    log: TurnLog, ann: RequestContext, bob: RequestContext, begun: ThreadMetadata
) -> None:
    kept = turn(begun.id, "msg_2")
    await log.save(turn(begun.id, "msg_1"), ann)
    await log.save(kept, ann)
    with pytest.raises(NotFoundError):
        await log.delete(begun.id, "msg_1", bob)
    for _ in range(2):
        await log.delete(begun.id, "msg_1", ann)
    assert await log.load(begun.id, ["msg_1", "msg_2"], ann) == {"msg_2": kept}
