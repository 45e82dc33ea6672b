"""Turns of other processes, followed through the journal: here the journal alone."""

import datetime as dt

import pytest

from app.adapters.stores.memory import MemoryStorage
from app.application.turns.remote import RemoteTurns
from app.application.turns.turn import PING
from app.domain.errors import ClosingError
from app.domain.identity import RequestContext
from app.ports.turn_journal import Batch, TurnEnd, TurnHead
from tests.factories import thread

LEASE = dt.timedelta(seconds=10)


class Elsewhere:
    """A turn that another process runs."""

    def __init__(self) -> None:
        self.storage = MemoryStorage()
        self.remote = RemoteTurns(self.storage.journal, self.storage.signals, keep_alive=0.001)

    async def begun(self, *events: bytes) -> TurnHead:
        """It has said so much."""
        await self.storage.threads.save_thread(place := thread(), RequestContext(user_id="ann"))
        head = TurnHead(id="turn_1", thread_id=place.id, user_id="ann", owner="proc_1")
        assert await self.storage.journal.begin(head, LEASE)
        await self.storage.journal.append([Batch(turn_id=head.id, first=1, events=events)], head.owner)
        return head

    async def ended(self, head: TurnHead, end: TurnEnd = "completed") -> TurnHead:
        """The turn sends no further event."""
        await self.storage.journal.end(head.id, head.owner, end)
        found = await self.storage.journal.find(head.id)
        assert found is not None
        return found

    async def rest(self, head: TurnHead, after: int) -> bytes | None:
        """What is left of it; None when nothing is."""
        events = await self.remote.rest(head, after)
        return None if events is None else b"".join([piece async for piece in events])


async def test_a_silent_turn_keeps_its_connection_alive() -> None:
    elsewhere = Elsewhere()
    events = elsewhere.remote.follow(await elsewhere.begun(b"1\n\n"), 0)
    assert [await anext(events), await anext(events)] == [b"id: 1\n1\n\n", PING]
    await events.aclose()


async def test_when_the_process_stops_numbered_events_end_and_others_break_off() -> None:
    """Without numbers a client cannot ask for the rest, and would take an end for the end of the answer."""
    elsewhere = Elsewhere()
    head = await elsewhere.begun(b"1\n\n")
    numbered, whole = elsewhere.remote.follow(head, 0), elsewhere.remote.whole(head)
    assert [await anext(numbered), await anext(whole)] == [b"id: 1\n1\n\n", b"1\n\n"]
    elsewhere.remote.close()
    assert [piece async for piece in numbered] == []
    with pytest.raises(ClosingError):
        await anext(whole)


async def test_an_ended_turn_is_streamed_whole_while_the_process_stops() -> None:
    elsewhere = Elsewhere()
    head = await elsewhere.ended(await elsewhere.begun(b"1\n\n"))
    elsewhere.remote.close()
    assert [piece async for piece in elsewhere.remote.whole(head)] == [b"1\n\n"]


async def test_a_follower_of_a_turn_that_is_dropped_before_its_first_event_is_disconnected() -> None:
    elsewhere = Elsewhere()
    head = await elsewhere.begun()
    whole = elsewhere.remote.whole(head)
    assert await anext(whole) == PING
    await elsewhere.storage.journal.drop(head.id, head.owner)
    with pytest.raises(ClosingError):
        [piece async for piece in whole]


@pytest.mark.parametrize(
    ("after", "rest"), [(0, b"id: 1\n1\n\nid: 2\n2\n\n"), (1, b"id: 2\n2\n\n"), (2, None), (9, None)]
)
async def test_behind_the_last_event_of_a_turn_is_nothing(after: int, rest: bytes | None) -> None:
    elsewhere = Elsewhere()
    head = await elsewhere.ended(await elsewhere.begun(b"1\n\n", b"2\n\n"))
    assert await elsewhere.rest(head, after) == rest


@pytest.mark.parametrize(("after", "rest"), [(2, None), (3, b"id: 2\n2\n\n"), (9, b"id: 2\n2\n\n")])
async def test_a_client_ahead_of_the_journal_of_a_dead_process_gets_the_end(after: int, rest: bytes | None) -> None:
    elsewhere = Elsewhere()
    head = await elsewhere.ended(await elsewhere.begun(b"1\n\n", b"2\n\n"), "interrupted")
    assert await elsewhere.rest(head, after) == rest
