"""One request on several replicas: here two halves of one process, which share nothing but their storage."""

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator

import pytest

from app.adapters.stores.memory import MemoryStorage
from app.adapters.stores.memory.idempotency_keys import MemoryIdempotencyKeys
from app.application.idempotency.reservation import KeyReservation
from app.application.idempotency.shared import SharedIdempotency
from app.application.turns.registry import TurnRegistry, TurnStream
from app.application.turns.turn import Placement, Turn
from app.domain.errors import InvalidInputError, StoreUnavailableError
from app.domain.identity import RequestContext
from tests.factories import thread

ANN = RequestContext(user_id="ann")
KEY = b"request"


class Clock:
    """Clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Shared(MemoryStorage):
    """Storage that is shared with other machines."""

    def __init__(self) -> None:
        super().__init__()
        self.journal.shared = True
        self.clock = Clock()
        self.idempotency_keys = MemoryIdempotencyKeys(clock=self.clock)
        self.stored = asyncio.Event()
        self.answered = 0

    def replica(self) -> "Replica":
        """One more."""
        return Replica(self)


class Replica:
    """Sends itself the same request; answers it by storing a new thread, and waits."""

    key = KEY
    caller = ANN
    streams = True
    refusal: Exception | None = None

    def __init__(self, storage: Shared) -> None:
        self.storage = storage
        self.turns = TurnRegistry(storage)
        self.guard = SharedIdempotency(storage, storage.threads, self.turns)

    async def begin(self, reservation: KeyReservation | None = None) -> Turn:
        if self.refusal is not None:
            raise self.refusal
        return await self.turns.start(self._events(), lambda _: b"", Placement(user_id="ann"), reservation)

    async def _events(self) -> AsyncGenerator[bytes, None]:
        await self.storage.threads.save_thread(begun := thread(), ANN)
        self.storage.stored.set()
        yield b'data: {"thread":{"id":"%b"}}\n\n' % begun.id.encode()
        self.storage.answered += 1
        await asyncio.Event().wait()

    async def ask(self) -> str:
        """The id of the turn that answers."""
        return (await self.answer()).turn_id

    async def answer(self) -> TurnStream:
        """The turn that answers."""
        answer = await self.guard.answer(self)
        assert not isinstance(answer, bytes)
        return answer


async def threads_in(storage: Shared) -> int:
    return len((await storage.threads.load_threads(100, None, "asc", ANN)).data)


async def test_many_replicas_begin_one_turn_and_leave_no_empty_thread() -> None:
    storage = Shared()
    replicas = [storage.replica() for _ in range(5)]
    turns = await asyncio.gather(*(replica.ask() for replica in replicas * 2))
    assert len(set(turns)) == 1
    assert (storage.answered, await threads_in(storage)) == (1, 1)
    for replica in replicas:
        await replica.turns.aclose()


async def test_after_a_minute_and_after_it_was_delivered_it_is_another_request() -> None:
    storage = Shared()
    one, other = storage.replica(), storage.replica()
    first = await one.ask()
    storage.clock.now += 59
    assert await other.ask() == first
    storage.clock.now += 1
    begun = await other.answer()
    assert begun.turn_id != first
    await other.turns.aclose()
    assert [event async for event in begun.events]
    assert await one.ask() not in {first, begun.turn_id}
    for replica in (one, other):
        await replica.turns.aclose()


async def test_a_request_whose_unfollowed_turn_was_truncated_starts_anew() -> None:
    storage = Shared()
    one, other = storage.replica(), storage.replica()
    stopped = await one.ask()
    [turn] = one.turns.running
    turn.stop(truncated_at=1)
    await turn.wait_ended()
    assert await other.ask() != stopped
    await other.turns.aclose()


async def test_a_reserved_key_without_a_turn_is_taken_over_within_a_lease() -> None:
    storage = Shared()
    assert await storage.idempotency_keys.reserve(KEY, "turn_dead", dt.timedelta(minutes=1))
    storage.clock.now += 9
    replica = storage.replica()
    asked = asyncio.create_task(replica.ask())
    await asyncio.sleep(0)
    assert storage.answered == 0
    storage.clock.now += 1
    async with asyncio.timeout(5):
        assert await asked != "turn_dead"
    await replica.turns.aclose()


async def test_the_key_is_reserved_while_the_thread_is_stored() -> None:
    """Were one to wait for the other, this would not end: the claim is granted once the thread is there."""
    storage = Shared()

    class AfterTheThread(MemoryIdempotencyKeys):
        async def reserve(self, key: bytes, turn_id: str, lasts: dt.timedelta) -> bool:
            await storage.stored.wait()
            return await super().reserve(key, turn_id, lasts)

    storage.idempotency_keys = AfterTheThread()
    replica = storage.replica()
    async with asyncio.timeout(5):
        assert await replica.ask()
    await replica.turns.aclose()


async def test_a_refusal_gives_the_request_free_unless_another_has_it() -> None:
    storage = Shared()
    one, other = storage.replica(), storage.replica()
    one.refusal = InvalidInputError("no")
    with pytest.raises(InvalidInputError):
        await one.ask()
    begun = await other.ask()
    assert await one.ask() == begun
    await other.turns.aclose()


async def test_without_a_storage_nothing_starts() -> None:
    storage = Shared()

    class Away(MemoryIdempotencyKeys):
        async def reserve(self, key: bytes, turn_id: str, lasts: dt.timedelta) -> bool:
            raise StoreUnavailableError("away")

    storage.idempotency_keys = Away()
    with pytest.raises(StoreUnavailableError):
        await storage.replica().ask()
    assert storage.answered == 0
