"""What every `ApprovalLog` promises."""

import asyncio

import pytest
from chatkit.store import NotFoundError
from chatkit.types import ThreadMetadata

from app.domain.errors import AlreadyDecidedError
from app.domain.identity import RequestContext
from app.ports.approval_log import ApprovalLog, ApprovedTool
from app.ports.storage import Storage
from app.ports.turn_log import OpenApprovals, PendingApproval
from tests.factories import decision, later, message, thread, turn


@pytest.fixture
def log(storage: Storage) -> ApprovalLog:
    """The log under test."""
    return storage.approvals


@pytest.fixture
async def asked(storage: Storage, ann: RequestContext) -> ThreadMetadata:
    """A thread of Ann's with two items that stand for questions."""
    asked = thread()
    await storage.threads.save_thread(asked, ann)
    for id_ in ("msg_1", "msg_2"):
        await storage.threads.add_thread_item(asked.id, message(asked.id, id_), ann)
    return asked


async def test_decisions_come_back_as_they_were_in_their_order(
    log: ApprovalLog, ann: RequestContext, asked: ThreadMetadata
) -> None:
    strange = '{"half": "\ud83d", "nul": "\x00", "long": "' + "x" * 100_000 + '"}'
    second = decision(asked.id, number=1, call_id="c" * 5_000, verdict="rejected", reason="Nö \x00", arguments=strange)
    third = decision(asked.id, "msg_2", decided_at=later(0.000001), scope="thread", edited=True)
    first = decision(asked.id, user_id=ann.user_id)
    await log.take_up([third], None, ann)
    await log.take_up([second, first], None, ann)
    assert await log.load(asked.id, ann) == [first, second, third]


async def test_a_decision_and_its_record_are_stored_together_or_not_at_all(
    log: ApprovalLog, storage: Storage, ann: RequestContext, asked: ThreadMetadata
) -> None:
    waiting = OpenApprovals(
        item_id="msg_2",
        calls=[PendingApproval(call_id="call_1", agent="Clerk", tool="pay", title="Pay", arguments="{}")],
        state='{"half": "\ud83d"}',
    )
    before, after = turn(asked.id, "msg_1", approvals=waiting), turn(asked.id, "msg_1", model_items=[])
    await storage.turn_log.save(before, ann)
    assert await storage.turn_log.load(asked.id, ["msg_1"], ann) == {"msg_1": before}
    await log.take_up([decision(asked.id, number=1)], None, ann)
    with pytest.raises(AlreadyDecidedError):
        await log.take_up([decision(asked.id), decision(asked.id, number=1)], after, ann)
    assert await storage.turn_log.load(asked.id, ["msg_1"], ann) == {"msg_1": before}
    assert await log.load(asked.id, ann) == [decision(asked.id, number=1)]
    await log.take_up([decision(asked.id)], after, ann)
    assert await storage.turn_log.load(asked.id, ["msg_1"], ann) == {"msg_1": after}


async def test_of_many_at_once_one_is_taken_up(log: ApprovalLog, ann: RequestContext, asked: ThreadMetadata) -> None:
    reasons = [f"reason {number}" for number in range(20)]
    attempts = [
        log.take_up([decision(asked.id, number=number, reason=reason) for number in range(2)], None, ann)
        for reason in reasons
    ]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AlreadyDecidedError"] * 19 + ["NoneType"]
    winner = reasons[outcomes.index(None)]
    assert [each.reason for each in await log.load(asked.id, ann)] == [winner, winner]


async def test_a_question_that_is_gone_takes_no_decision(
    log: ApprovalLog, storage: Storage, ann: RequestContext, asked: ThreadMetadata
) -> None:
    await storage.threads.delete_thread_item(asked.id, "msg_2", ann)
    with pytest.raises(AlreadyDecidedError):
        await log.take_up([decision(asked.id, "msg_2")], turn(asked.id, "msg_1"), ann)
    assert await storage.turn_log.load(asked.id, ["msg_1"], ann) == {}
    await log.take_up([decision(asked.id, "turn_7", remembered=True)], None, ann)
    assert len(await log.load(asked.id, ann)) == 1


async def test_decisions_outlive_their_question_and_go_with_their_thread(
    log: ApprovalLog, storage: Storage, ann: RequestContext, asked: ThreadMetadata
) -> None:
    await log.take_up([decision(asked.id, scope="thread")], None, ann)
    await storage.threads.delete_thread_item(asked.id, "msg_1", ann)
    assert await log.load(asked.id, ann) == [decision(asked.id, scope="thread")]
    await storage.threads.delete_thread(asked.id, ann)
    await storage.threads.save_thread(asked, ann)
    assert await log.load(asked.id, ann) == []
    assert await log.approved_for_thread(asked.id, ann) == frozenset()


async def test_a_yes_for_the_thread_holds_for_its_tool_of_its_agent_there_only(
    log: ApprovalLog, storage: Storage, ann: RequestContext, bob: RequestContext, asked: ThreadMetadata
) -> None:
    other = thread()
    await storage.threads.save_thread(other, ann)
    await log.take_up(
        [
            decision(asked.id, number=0, scope="thread"),
            decision(asked.id, number=1, tool="refund"),
            decision(asked.id, number=2, tool="close", scope="thread", verdict="rejected"),
            decision(asked.id, number=3, agent="Boss", tool="hire", scope="thread"),
        ],
        None,
        ann,
    )
    assert await log.approved_for_thread(asked.id, ann) == {ApprovedTool("Clerk", "pay"), ApprovedTool("Boss", "hire")}
    assert await log.approved_for_thread(other.id, ann) == frozenset()
    assert await log.approved_for_thread(asked.id, bob) == frozenset()


async def test_anothers_thread_is_as_unknown_as_none(
    log: ApprovalLog, ann: RequestContext, bob: RequestContext, asked: ThreadMetadata
) -> None:
    await log.take_up([decision(asked.id)], None, ann)
    for thread_id in (asked.id, "thr_none"):
        for remembered in (False, True):
            with pytest.raises(NotFoundError):
                await log.take_up([decision(thread_id, number=1, remembered=remembered)], None, bob)
        assert await log.load(thread_id, bob) == []
    assert await log.load(asked.id, ann) == [decision(asked.id)]


async def test_decisions_taken_up_while_their_thread_goes_leave_nothing_behind(
    log: ApprovalLog, storage: Storage, ann: RequestContext, asked: ThreadMetadata
) -> None:
    ending = [log.take_up([decision(asked.id, number=number)], turn(asked.id, "msg_1"), ann) for number in range(10)]
    deleting = storage.threads.delete_thread(asked.id, ann)
    outcomes = await asyncio.gather(*ending[:5], deleting, *ending[5:], return_exceptions=True)
    assert {type(outcome) for outcome in outcomes if outcome is not None} <= {NotFoundError, AlreadyDecidedError}
    await storage.threads.save_thread(asked, ann)
    assert await log.load(asked.id, ann) == []
