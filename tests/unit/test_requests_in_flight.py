"""The same request twice is one, until its answer was delivered."""

import asyncio

import pytest

from app.application.idempotency.in_flight import RequestsInFlight
from app.application.idempotency.key import WINDOW_SECONDS, idempotency_key
from app.domain.identity import RequestContext

ANN, BOB = (RequestContext(user_id=name) for name in ("ann", "bob"))


class Work:
    """Counts how often it is begun; ends when it is let go."""

    def __init__(self) -> None:
        self.begun = 0
        self.go = asyncio.Event()

    async def __call__(self) -> int:
        self.begun += 1
        number = self.begun
        await self.go.wait()
        return number


async def test_the_second_gets_what_the_first_began() -> None:
    in_flight, work = RequestsInFlight[int](), Work()
    both = [asyncio.create_task(in_flight.share(b"key", work)) for _ in range(2)]
    work.go.set()
    assert await asyncio.gather(*both) == [1, 1]
    assert await in_flight.share(b"key", work) == 1
    assert await in_flight.share(b"other", work) == 2


async def test_what_was_delivered_may_be_asked_again() -> None:
    in_flight, work = RequestsInFlight[int](), Work()
    work.go.set()
    assert await in_flight.share(b"key", work) == 1
    in_flight.forget(b"key")
    in_flight.forget(b"key")
    assert await in_flight.share(b"key", work) == 2


async def test_after_a_minute_it_is_another_request() -> None:
    now = 0.0
    in_flight, work = RequestsInFlight[int](now=lambda: now), Work()
    work.go.set()
    assert await in_flight.share(b"key", work) == 1
    now = WINDOW_SECONDS - 1
    assert await in_flight.share(b"key", work) == 1
    now = WINDOW_SECONDS
    assert await in_flight.share(b"key", work) == 2


async def test_a_failure_reaches_present_waiters_and_no_later_caller() -> None:
    in_flight, work = RequestsInFlight[int](), Work()

    async def fail() -> int:
        await work.go.wait()
        raise LookupError("not today")

    both = [asyncio.create_task(in_flight.share(b"key", fail)) for _ in range(2)]
    await asyncio.sleep(0)
    work.go.set()
    for each in both:
        with pytest.raises(LookupError):
            await each
    assert await in_flight.share(b"key", work) == 1


async def test_a_cancelled_waiter_leaves_the_others_alone() -> None:
    in_flight, work = RequestsInFlight[int](), Work()
    first = asyncio.create_task(in_flight.share(b"key", work))
    second = asyncio.create_task(in_flight.share(b"key", work))
    await asyncio.sleep(0)
    second.cancel()
    work.go.set()
    assert await first == 1


def test_what_makes_two_requests_one() -> None:
    keys = {
        idempotency_key(ANN, "tab", b"body"),
        idempotency_key(BOB, "tab", b"body"),
        idempotency_key(ANN, "other", b"body"),
        idempotency_key(ANN, "tab", b"body "),
        idempotency_key(ANN, "ta", b"bbody"),
    }
    assert len(keys) == 5
    assert idempotency_key(ANN, "tab", b"body") in keys
