"""Turns run in their own tasks; each follower gets every event once, in order."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import pytest

from app.adapters.stores.memory import MemoryStorage
from app.application.turns.registry import TurnRegistry
from app.application.turns.turn import Placement
from app.domain.errors import AnyportError, InvalidInputError
from app.domain.identity import RequestContext
from app.ports.turn_journal import Batch
from app.settings.turns import TurnSettings
from tests.factories import thread


class Source:
    """Stream whose end the test decides, and which notes how it ended."""

    def __init__(self, *events: bytes) -> None:
        self.waiting: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()
        for event in events:
            self.waiting.put_nowait(event)
        self.cancelled = asyncio.Event()
        self.ended = asyncio.Event()

    async def stream(self) -> AsyncGenerator[bytes, None]:
        try:
            while (event := await self.waiting.get()) is not None:
                if isinstance(event, Exception):
                    raise event
                yield event
        except asyncio.CancelledError:
            await asyncio.sleep(0)  # A write must not be cancelled twice.
            self.cancelled.set()
            raise
        finally:
            self.ended.set()


def _turns() -> TurnRegistry:
    return TurnRegistry(MemoryStorage())


def on_failure(failure: Exception) -> bytes:
    return f"failed: {type(failure).__name__}".encode()


async def test_a_follower_sees_all_events_in_order_and_the_end() -> None:
    source = Source(b"1", b"2", b"3")
    turn = await _turns().start(source.stream(), on_failure)
    source.waiting.put_nowait(None)
    assert b"".join([chunk async for chunk in turn.follow()]) == b"123"


async def test_waiting_events_leave_in_one_piece_and_a_lone_one_at_once() -> None:
    source = Source(b"1", b"2")
    turn = await _turns().start(source.stream(), on_failure)
    follower = turn.follow()
    await asyncio.sleep(0)
    assert await anext(follower) == b"12"
    source.waiting.put_nowait(b"3")
    assert await anext(follower) == b"3"
    await follower.aclose()


async def test_a_second_follower_can_begin_anywhere() -> None:
    source = Source(b"1", b"2", b"3")
    turn = await _turns().start(source.stream(), on_failure)
    first = turn.follow()
    await anext(first)
    source.waiting.put_nowait(None)
    await turn.wait_ended()
    assert [chunk async for chunk in turn.follow(after=1)] == [b"23"]
    await first.aclose()


async def test_a_failure_before_the_first_event_is_raised_to_the_caller() -> None:
    source = Source()
    source.waiting.put_nowait(InvalidInputError("no"))
    with pytest.raises(InvalidInputError):
        await _turns().start(source.stream(), on_failure)


async def test_a_failure_after_the_first_event_ends_the_stream_with_an_event() -> None:
    source = Source(b"1")
    source.waiting.put_nowait(RuntimeError("broken"))
    turn = await _turns().start(source.stream(), on_failure)
    assert b"".join([chunk async for chunk in turn.follow()]) == b"1failed: RuntimeError"


async def test_the_turn_stops_when_its_last_follower_leaves_and_finishes_its_writes() -> None:
    source = Source(b"1")
    turn = await _turns().start(source.stream(), on_failure)
    first, second = turn.follow(), turn.follow()
    await anext(first)
    await anext(second)
    await first.aclose()
    assert turn.running
    assert not source.ended.is_set()
    await second.aclose()
    await source.ended.wait()
    assert source.cancelled.is_set()


async def test_closing_stops_every_turn_and_waits_for_its_writes() -> None:
    turns = _turns()
    sources = [Source(b"1"), Source(b"1")]
    for source in sources:
        await turns.start(source.stream(), on_failure)
    await turns.aclose()
    assert all(source.cancelled.is_set() for source in sources)
    with pytest.raises(AnyportError):
        await turns.start(Source(b"1").stream(), on_failure)


async def test_a_silent_turn_keeps_its_connection_alive() -> None:
    source = Source(b"1")
    turn = await TurnRegistry(MemoryStorage(), TurnSettings(keep_alive_seconds=0.001)).start(
        source.stream(), on_failure
    )
    follower = turn.follow()
    assert [await anext(follower), await anext(follower)] == [b"1", b": ping\n\n"]
    await follower.aclose()


@pytest.mark.parametrize("ends", [True, False])
async def test_long_events_are_journaled_in_several_batches(ends: bool) -> None:
    storage = MemoryStorage()
    await storage.threads.save_thread(begun := thread(), RequestContext(user_id="ann"))
    said = [b"1", b"2" * 300_000, b"3" * 300_000, b"4" * 900_000, b"5"]
    turns, source = TurnRegistry(storage), Source(*said)
    turn = await turns.start(source.stream(), on_failure, Placement(user_id="ann", thread_id=begun.id))
    append, written = storage.journal.append, []

    async def counted(batches: Sequence[Batch], owner: str, *, signals: Sequence[str] = ()) -> None:
        written.extend([len(batch.events) for batch in batches])
        await append(batches, owner, signals=signals)

    storage.journal.append = counted  # type: ignore[method-assign]  # as it is
    while len(turn.events) < len(said):  # noqa: ASYNC110  # a turn says nothing of each event
        await asyncio.sleep(0)
    if not ends:
        await turns.writer.flush(turns.running)
    source.waiting.put_nowait(None)
    await turn.wait_ended()
    assert written == [2, 1, 1, 1]
    assert await storage.journal.events(turn.id, 0) == said


async def test_a_turn_that_ends_during_a_flush_loses_no_event() -> None:
    """The journal takes two batches with the same first event for one."""
    storage = MemoryStorage()
    await storage.threads.save_thread(begun := thread(), RequestContext(user_id="ann"))
    turns, source = TurnRegistry(storage), Source(b"1")
    turn = await turns.start(source.stream(), on_failure, Placement(user_id="ann", thread_id=begun.id))
    writing, go_on = asyncio.Event(), asyncio.Event()
    append = storage.journal.append

    async def slowly(batches: Sequence[Batch], owner: str, *, signals: Sequence[str] = ()) -> None:
        await append(batches, owner, signals=signals)
        if not writing.is_set():
            writing.set()
            await go_on.wait()

    storage.journal.append = slowly  # type: ignore[method-assign]  # its answer is long on its way
    upkeep = asyncio.create_task(turns.writer.flush(turns.running))
    await writing.wait()
    source.waiting.put_nowait(b"2")
    source.waiting.put_nowait(None)
    await source.ended.wait()
    go_on.set()
    await upkeep
    await turn.wait_ended()
    assert await storage.journal.events(turn.id, 0) == [b"1", b"2"]
