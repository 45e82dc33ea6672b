"""What every `TurnJournal` promises."""

import asyncio
import datetime as dt

import pytest
from chatkit.store import NotFoundError
from chatkit.types import ThreadMetadata
from msgspec.structs import replace

from app.domain.identity import RequestContext
from app.domain.ids import new_id
from app.ports.storage import Storage
from app.ports.turn_journal import LONGEST_LEASE, Batch, TooManyTurnsError, TurnHead, TurnJournal
from tests.factories import thread


@pytest.fixture
def journal(storage: Storage) -> TurnJournal:
    """The journal under test."""
    return storage.journal


@pytest.fixture
def owner() -> str:
    """A process that no other test knows."""
    return new_id("proc")


MINUTE = dt.timedelta(minutes=1)
SECOND = dt.timedelta(seconds=1)


def head(begun: ThreadMetadata, ann: RequestContext, owner: str) -> TurnHead:
    return TurnHead(id=new_id("turn"), thread_id=begun.id, user_id=ann.user_id, owner=owner)


def events(first: int, last: int) -> list[bytes]:
    return [b'data: {"number":%d}\n\n' % number for number in range(first, last + 1)]


async def test_of_many_turns_that_begin_at_once_in_a_thread_one_runs(
    journal: TurnJournal, begun: ThreadMetadata, ann: RequestContext, owner: str
) -> None:
    wanted = [head(begun, ann, f"{owner}-{number}") for number in range(10)]
    entered = await asyncio.gather(*(journal.begin(turn, MINUTE) for turn in wanted))
    assert entered.count(True) == 1
    assert await journal.latest(begun.id) == wanted[entered.index(True)]


async def test_running_turns_of_a_user_are_limited_in_all_threads_together(
    storage: Storage, journal: TurnJournal, ann: RequestContext, bob: RequestContext, owner: str
) -> None:
    running = []
    for user in (ann, ann, bob):
        await storage.threads.save_thread(begun := thread(), user)
        running.append(head(begun, user, owner))
        assert await journal.begin(running[-1], MINUTE, at_most=2)
    await storage.threads.save_thread(begun := thread(), ann)
    third = head(begun, ann, owner)
    with pytest.raises(TooManyTurnsError):
        await journal.begin(third, MINUTE, at_most=2)
    assert not await journal.begin(replace(third, thread_id=running[0].thread_id), MINUTE, at_most=2)
    await journal.end(running[0].id, owner, "completed")
    assert await journal.begin(third, MINUTE, at_most=2)


async def test_the_limit_of_running_turns_holds_for_turns_that_begin_at_once(
    storage: Storage, journal: TurnJournal, ann: RequestContext, owner: str
) -> None:
    for at_most in (1, 3):
        wanted = []
        for _ in range(12):
            await storage.threads.save_thread(place := thread(), ann)
            wanted.append(head(place, ann, owner))
        for _ in range(5):
            results = await asyncio.gather(
                *(journal.begin(turn, MINUTE, at_most=at_most) for turn in wanted), return_exceptions=True
            )
            assert [
                result for result in results if result is not True and not isinstance(result, TooManyTurnsError)
            ] == []
            entered = [turn for turn, result in zip(wanted, results, strict=True) if result is True]
            assert len(entered) == at_most
            for turn in entered:
                await journal.drop(turn.id, owner)


async def test_a_lowered_limit_counts_the_turns_that_run(
    storage: Storage, journal: TurnJournal, ann: RequestContext, owner: str
) -> None:
    running = []
    for at_most in (0, 0, 4, 4):
        await storage.threads.save_thread(place := thread(), ann)
        running.append(head(place, ann, owner))
        assert await journal.begin(running[-1], MINUTE, at_most=at_most)
    await storage.threads.save_thread(place := thread(), ann)
    last = head(place, ann, owner)
    for turn in running[:2]:
        with pytest.raises(TooManyTurnsError):
            await journal.begin(last, MINUTE, at_most=3)
        await journal.end(turn.id, owner, "completed")
    assert await journal.begin(last, MINUTE, at_most=3)


async def test_the_next_turn_may_begin_when_one_has_ended(
    journal: TurnJournal, begun: ThreadMetadata, ann: RequestContext, owner: str
) -> None:
    first, second = head(begun, ann, owner), head(begun, ann, owner)
    assert await journal.begin(first, MINUTE)
    await journal.append([Batch(turn_id=first.id, first=1, events=events(1, 2))], owner)
    await journal.end(first.id, owner, "stopped")
    assert await journal.latest(begun.id) == replace(first, end="stopped")
    assert await journal.events(first.id, 0) == events(1, 2)
    assert await journal.begin(second, MINUTE)
    assert await journal.latest(begun.id) == second
    assert await journal.events(first.id, 0) == []


async def test_a_thread_of_another_is_as_unknown_as_none(
    journal: TurnJournal, begun: ThreadMetadata, bob: RequestContext, owner: str
) -> None:
    for turn in (head(begun, bob, owner), replace(head(begun, bob, owner), thread_id="thr_none")):
        with pytest.raises(NotFoundError):
            await journal.begin(turn, MINUTE)


async def test_a_turn_of_another_user_clears_nothing(
    journal: TurnJournal, begun: ThreadMetadata, ann: RequestContext, bob: RequestContext, owner: str
) -> None:
    turn = head(begun, ann, owner)
    await journal.begin(turn, MINUTE)
    await journal.append([Batch(turn_id=turn.id, first=1, events=events(1, 2))], owner)
    await journal.end(turn.id, owner, "completed")
    with pytest.raises(NotFoundError):
        await journal.begin(head(begun, bob, owner), MINUTE)
    assert await journal.events(turn.id, 0) == events(1, 2)


async def test_events_come_back_behind_any_number(
    journal: TurnJournal, begun: ThreadMetadata, ann: RequestContext, owner: str
) -> None:
    turn = head(begun, ann, owner)
    await journal.begin(turn, MINUTE)
    assert await journal.events(turn.id, 0) == []
    batches = [Batch(turn_id=turn.id, first=first, events=events(first, first + 2)) for first in (1, 4, 7)]
    await journal.append(batches[:2], owner)
    await journal.append(batches[1:], owner)
    for after in range(11):
        assert await journal.events(turn.id, after) == events(after + 1, 9)
    assert await journal.events(turn.id, 2, batches=1) == events(3, 3)


async def test_events_of_a_turn_that_is_gone_are_left_out(
    journal: TurnJournal, storage: Storage, begun: ThreadMetadata, ann: RequestContext, owner: str
) -> None:
    turn = head(begun, ann, owner)
    await journal.begin(turn, MINUTE)
    await storage.threads.delete_thread(begun.id, ann)
    await journal.append([Batch(turn_id=turn.id, first=1, events=events(1, 1))], owner)
    assert await journal.latest(begun.id) is None
    assert await journal.events(turn.id, 0) == []
    assert turn.id not in await journal.renew(owner, MINUTE)


async def test_signals_reach_the_process_that_renews(
    journal: TurnJournal, begun: ThreadMetadata, ann: RequestContext, owner: str
) -> None:
    turn = head(begun, ann, owner)
    assert await journal.signal(begun.id, "stop") is None
    await journal.begin(turn, MINUTE)
    assert await journal.renew(owner, MINUTE) == {turn.id: turn}
    assert await journal.signal(begun.id, "pin") == turn.id
    assert await journal.renew(owner, MINUTE) == {turn.id: replace(turn, pinned=True)}
    assert await journal.signal(begun.id, "stop") == turn.id
    assert await journal.renew(owner, MINUTE) == {turn.id: replace(turn, pinned=True, stop=True)}
    await journal.end(turn.id, owner, "completed")
    assert await journal.renew(owner, MINUTE) == {}
    assert await journal.signal(begun.id, "stop") is None


async def test_a_turn_with_an_expired_lease_is_taken_over_once(
    journal: TurnJournal, begun: ThreadMetadata, ann: RequestContext, owner: str
) -> None:
    turn = head(begun, ann, owner)
    await journal.begin(turn, -SECOND)
    claims = await asyncio.gather(*(journal.take_over(f"{owner}-{number}", MINUTE) for number in range(5)))
    found = [claimed for claim in claims for claimed in claim if claimed.id == turn.id]
    assert len(found) == 1
    await journal.end(turn.id, owner, "completed")
    assert (await journal.latest(begun.id)) == found[0], "it is not the first owner's any more"
    await journal.end(turn.id, found[0].owner, "interrupted")
    assert (await journal.latest(begun.id)) == replace(found[0], end="interrupted")


async def test_a_turn_with_a_renewed_lease_is_not_taken_over(
    journal: TurnJournal, begun: ThreadMetadata, ann: RequestContext, owner: str
) -> None:
    turn = head(begun, ann, owner)
    await journal.begin(turn, -SECOND)
    await journal.renew(owner, MINUTE)
    assert turn.id not in {claimed.id for claimed in await journal.take_over("other", MINUTE)}


async def test_turns_that_ended_are_forgotten_and_those_that_run_are_not(
    journal: TurnJournal, storage: Storage, begun: ThreadMetadata, ann: RequestContext, owner: str
) -> None:
    turn = head(begun, ann, owner)
    await journal.begin(turn, MINUTE)
    await journal.forget(-MINUTE)
    assert await journal.latest(begun.id) == turn
    await journal.end(turn.id, owner, "completed")
    await journal.forget(MINUTE)
    assert await journal.latest(begun.id) is not None
    await journal.forget(-MINUTE)
    assert await journal.latest(begun.id) is None


async def test_rewritten_events_replace_all_that_were_stored(
    journal: TurnJournal, begun: ThreadMetadata, ann: RequestContext, owner: str
) -> None:
    turn = head(begun, ann, owner)
    await journal.begin(turn, MINUTE)
    await journal.append([Batch(turn_id=turn.id, first=1, events=events(1, 3))], owner)
    await journal.append([Batch(turn_id=turn.id, first=4, events=events(4, 6))], owner)
    again = [Batch(turn_id=turn.id, first=first, events=events(first + 100, first + 101)) for first in (1, 3, 5)]
    await journal.rewrite(turn.id, f"{owner}-other", again)
    assert await journal.events(turn.id, 0) == events(1, 6)
    for _ in range(2):
        await journal.rewrite(turn.id, owner, again)
        assert await journal.events(turn.id, 0) == events(101, 106)
        assert await journal.events(turn.id, 3) == events(104, 106)
    await journal.append([Batch(turn_id=turn.id, first=7, events=events(7, 7))], owner)
    await journal.end(turn.id, owner, "completed")
    await journal.rewrite(turn.id, owner, [])
    assert await journal.events(turn.id, 5) == [*events(106, 106), *events(7, 7)]


async def test_a_turn_is_found_by_its_id(
    journal: TurnJournal, begun: ThreadMetadata, ann: RequestContext, owner: str
) -> None:
    turn = head(begun, ann, owner)
    assert await journal.find(turn.id) is None
    await journal.begin(turn, MINUTE)
    assert await journal.find(turn.id) == turn
    await journal.end(turn.id, owner, "completed")
    assert await journal.find(turn.id) == replace(turn, end="completed")
    await journal.drop(turn.id, owner)
    assert await journal.find(turn.id) is None


async def test_a_queue_position_holds_up_later_turns(
    journal: TurnJournal, begun: ThreadMetadata, ann: RequestContext, owner: str
) -> None:
    early, late = sorted((head(begun, ann, owner) for _ in range(2)), key=lambda turn: turn.id)
    await journal.queue(early.id, begun.id, -MINUTE)
    await journal.queue(early.id, begun.id, MINUTE)
    await journal.queue(late.id, begun.id, MINUTE)
    assert not await journal.begin(late, MINUTE, at_most=1)
    assert await journal.begin(early, MINUTE, at_most=1)
    await journal.end(early.id, owner, "completed")
    assert not await journal.begin(late, MINUTE)
    await journal.leave_queue(early.id)
    await journal.leave_queue(early.id)
    assert await journal.begin(late, MINUTE)


async def test_a_queue_position_expires(
    journal: TurnJournal, begun: ThreadMetadata, ann: RequestContext, owner: str
) -> None:
    silent, turn = head(begun, ann, owner), head(begun, ann, owner)
    await journal.queue(silent.id, begun.id, -SECOND)
    assert await journal.begin(turn, MINUTE)
    with pytest.raises(NotFoundError):
        await journal.queue(turn.id, new_id("thr"), MINUTE)


async def test_a_yield_signal_lasts_a_few_seconds(
    journal: TurnJournal, begun: ThreadMetadata, ann: RequestContext, owner: str
) -> None:
    turn = head(begun, ann, owner)
    await journal.begin(turn, MINUTE)
    assert await journal.signal(begun.id, "yield") == turn.id
    assert (await journal.renew(owner, MINUTE))[turn.id].yield_requested


async def test_the_last_events_are_readable_when_the_end_is_notified(
    storage: Storage, journal: TurnJournal, begun: ThreadMetadata, ann: RequestContext, owner: str
) -> None:
    turn, over = head(begun, ann, owner), asyncio.Event()
    heard: list[str] = []

    def hear(signal: str) -> None:
        if signal.endswith(turn.id):
            heard.append(signal)
        if signal == f"end:{turn.id}":
            over.set()

    leave = storage.signals.subscribe(hear)
    await journal.begin(turn, MINUTE)
    batches = [Batch(turn_id=turn.id, first=first, events=events(first, first + 1)) for first in (1, 3, 5)]
    await journal.append(batches[:2], owner, signals=[f"more:{turn.id}"])
    await journal.end(turn.id, owner, "completed", last=batches[2], signals=[f"end:{turn.id}"])
    async with asyncio.timeout(20):
        await over.wait()
    leave()
    assert heard == [f"more:{turn.id}", f"end:{turn.id}"]
    assert await journal.events(turn.id, 0) == events(1, 6)
    assert await journal.latest(begun.id) == replace(turn, end="completed")
    await journal.end(turn.id, owner, "stopped", last=batches[2])
    assert await journal.events(turn.id, 0) == events(1, 6)
    assert await journal.latest(begun.id) == replace(turn, end="completed")


async def test_a_turn_that_is_gone_has_no_last_events(
    journal: TurnJournal, storage: Storage, begun: ThreadMetadata, ann: RequestContext, owner: str
) -> None:
    turn = head(begun, ann, owner)
    await journal.begin(turn, MINUTE)
    await storage.threads.delete_thread(begun.id, ann)
    await journal.end(turn.id, owner, "completed", last=Batch(turn_id=turn.id, first=1, events=events(1, 1)))
    assert await journal.events(turn.id, 0) == []


async def test_a_former_owner_appends_nothing_to_a_turn(
    journal: TurnJournal, begun: ThreadMetadata, ann: RequestContext, owner: str
) -> None:
    turn = head(begun, ann, owner)
    await journal.begin(turn, -SECOND)
    await journal.append([Batch(turn_id=turn.id, first=1, events=events(1, 2))], owner)
    assert turn.id in {claimed.id for claimed in await journal.take_over(f"{owner}-heir", MINUTE)}
    late = Batch(turn_id=turn.id, first=3, events=events(3, 5))
    await journal.append([late], owner)
    await journal.end(turn.id, owner, "completed", last=late)
    await journal.append([late, Batch(turn_id="turn_none", first=1, events=events(1, 1))], owner, signals=["more"])
    assert await journal.events(turn.id, 0) == events(1, 2)
    assert await journal.renew(owner, MINUTE) == {}
    await journal.end(turn.id, f"{owner}-heir", "interrupted", last=replace_batch(late, 3, 3))
    await journal.append([replace_batch(late, 4, 5)], f"{owner}-heir")
    assert await journal.events(turn.id, 0) == events(1, 3), "and nobody adds to what has ended"


async def test_a_lease_beyond_the_longest_has_expired(
    storage: Storage, journal: TurnJournal, begun: ThreadMetadata, ann: RequestContext, owner: str
) -> None:
    if storage.name == "memory":
        return  # Its clock is never put back.
    early, late = sorted((head(begun, ann, owner) for _ in range(2)), key=lambda turn: turn.id)
    await journal.queue(early.id, begun.id, LONGEST_LEASE * 2)
    assert await journal.begin(late, dt.timedelta(hours=1))
    assert late.id in {claimed.id for claimed in await journal.take_over(f"{owner}-heir", MINUTE)}


async def test_a_living_owner_keeps_its_turns_where_the_storage_detects_it(
    storage: Storage, journal: TurnJournal, begun: ThreadMetadata, ann: RequestContext, owner: str
) -> None:
    turn = head(begun, ann, owner)
    async with journal.alive(owner):
        await journal.begin(turn, -SECOND if storage.name == "sqlite" else MINUTE)
        assert turn.id not in {claimed.id for claimed in await journal.take_over(f"{owner}-other", MINUTE)}
        assert await journal.renew(owner, MINUTE) == {turn.id: turn}


def replace_batch(batch: Batch, first: int, last: int) -> Batch:
    return replace(batch, first=first, events=events(first, last))
