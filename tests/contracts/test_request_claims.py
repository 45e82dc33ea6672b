"""What every `RequestClaims` promises."""

import asyncio
import datetime as dt
from secrets import token_bytes

import pytest

from app.domain.ids import new_id
from app.ports.request_claims import RequestClaims
from app.ports.storage import Storage

NOW = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(minutes=1)


@pytest.fixture
def claims(storage: Storage) -> RequestClaims:
    """The claims under test."""
    return storage.claims


@pytest.fixture
def key() -> bytes:
    """A request that no other test makes; any bytes are one."""
    return b"\x00\xff" + token_bytes(32)


async def test_of_many_that_claim_at_once_one_has_it(claims: RequestClaims, key: bytes) -> None:
    turns = [new_id("turn") for _ in range(10)]
    granted = await asyncio.gather(*(claims.claim(key, turn, now=NOW, until=LATER) for turn in turns))
    assert granted.count(True) == 1
    assert await claims.holder(key, now=NOW) == turns[granted.index(True)]


async def test_it_is_had_until_its_end_and_not_longer(claims: RequestClaims, key: bytes) -> None:
    first, second = new_id("turn"), new_id("turn")
    almost = LATER - dt.timedelta(microseconds=1)
    assert await claims.claim(key, first, now=NOW, until=LATER)
    assert not await claims.claim(key, second, now=almost, until=LATER + dt.timedelta(minutes=1))
    assert await claims.holder(key, now=almost) == first
    assert await claims.holder(key, now=LATER) is None
    assert await claims.claim(key, second, now=LATER, until=LATER + dt.timedelta(minutes=1))
    assert await claims.holder(key, now=LATER) == second


async def test_the_end_can_be_moved_by_the_turn_that_has_it(claims: RequestClaims, key: bytes) -> None:
    first, second, later = new_id("turn"), new_id("turn"), LATER + dt.timedelta(minutes=1)
    await claims.claim(key, first, now=NOW, until=LATER)
    await claims.renew(second, until=later + dt.timedelta(minutes=1))
    await claims.renew(first, until=later)
    assert await claims.holder(key, now=LATER) == first
    assert await claims.holder(key, now=later) is None


async def test_what_is_released_can_be_claimed_and_another_request_stays(claims: RequestClaims, key: bytes) -> None:
    first, second, other = (new_id("turn") for _ in range(3))
    await claims.claim(key, first, now=NOW, until=LATER)
    await claims.claim(key + b"other", other, now=NOW, until=LATER)
    for _ in range(2):
        await claims.release(first)
    assert await claims.holder(key, now=NOW) is None
    assert await claims.claim(key, second, now=NOW, until=LATER)
    await claims.release(first)
    assert await claims.holder(key, now=NOW) == second
    assert await claims.holder(key + b"other", now=NOW) == other


async def test_a_response_is_stored_beyond_the_release_and_not_beyond_its_end(
    claims: RequestClaims, key: bytes
) -> None:
    turn = new_id("turn")
    await claims.claim(key, turn, now=NOW, until=LATER)
    assert await claims.stored_response(turn) is None
    for _ in range(2):
        await claims.store_response(turn, b"data: {\x00}\n\n", until=LATER)
    await claims.release(turn)
    await claims.forget(LATER)
    assert await claims.stored_response(turn) == b"data: {\x00}\n\n"
    await claims.forget(LATER + dt.timedelta(seconds=1))
    assert await claims.stored_response(turn) is None


async def test_only_what_has_ended_is_forgotten(claims: RequestClaims, key: bytes) -> None:
    turn = new_id("turn")
    await claims.claim(key, turn, now=NOW, until=LATER)
    await claims.forget(LATER)
    assert await claims.holder(key, now=NOW) == turn
    await claims.forget(LATER + dt.timedelta(seconds=1))
    assert await claims.holder(key, now=NOW) is None
