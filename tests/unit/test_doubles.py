"""The same request twice is one, until its answer was delivered."""

import asyncio

import pytest

from app.application.doubles import SECONDS, Doubles, double_key
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
    doubles, work = Doubles[int](), Work()
    both = [asyncio.create_task(doubles.once(b"key", work)) for _ in range(2)]
    work.go.set()
    assert await asyncio.gather(*both) == [1, 1]
    assert await doubles.once(b"key", work) == 1
    assert await doubles.once(b"other", work) == 2


async def test_what_was_delivered_may_be_asked_again() -> None:
    doubles, work = Doubles[int](), Work()
    work.go.set()
    assert await doubles.once(b"key", work) == 1
    doubles.forget(b"key")
    doubles.forget(b"key")
    doubles.forget(None)
    assert await doubles.once(b"key", work) == 2


async def test_after_a_minute_it_is_another_request() -> None:
    now = 0.0
    doubles, work = Doubles[int](now=lambda: now), Work()
    work.go.set()
    assert await doubles.once(b"key", work) == 1
    now = SECONDS - 1
    assert await doubles.once(b"key", work) == 1
    now = SECONDS
    assert await doubles.once(b"key", work) == 2


async def test_a_failure_is_told_to_who_waits_and_to_nobody_later() -> None:
    doubles, work = Doubles[int](), Work()

    async def fail() -> int:
        await work.go.wait()
        raise LookupError("not today")

    both = [asyncio.create_task(doubles.once(b"key", fail)) for _ in range(2)]
    await asyncio.sleep(0)
    work.go.set()
    for each in both:
        with pytest.raises(LookupError):
            await each
    assert await doubles.once(b"key", work) == 1


async def test_who_gives_up_waiting_disturbs_nobody() -> None:
    doubles, work = Doubles[int](), Work()
    first = asyncio.create_task(doubles.once(b"key", work))
    second = asyncio.create_task(doubles.once(b"key", work))
    await asyncio.sleep(0)
    second.cancel()
    work.go.set()
    assert await first == 1


def test_what_makes_two_requests_one() -> None:
    keys = {
        double_key(ANN, "tab", b"body"),
        double_key(BOB, "tab", b"body"),
        double_key(ANN, "other", b"body"),
        double_key(ANN, "tab", b"body "),
        double_key(ANN, "ta", b"bbody"),
    }
    assert len(keys) == 5
    assert double_key(ANN, "tab", b"body") in keys
