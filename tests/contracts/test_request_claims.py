"""What every `RequestClaims` promises."""

import asyncio
import datetime as dt
from secrets import token_bytes

import pytest

from app.domain.ids import new_id
from app.ports.request_claims import RequestClaims
from app.ports.storage import Storage

MINUTE = dt.timedelta(minutes=1)
OVER = dt.timedelta(seconds=-1)


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
    granted = await asyncio.gather(*(claims.claim(key, turn, MINUTE) for turn in turns))
    assert granted.count(True) == 1
    assert await claims.holder(key) == turns[granted.index(True)]


async def test_it_is_had_until_its_end_and_not_longer(claims: RequestClaims, key: bytes) -> None:
    first, second = new_id("turn"), new_id("turn")
    assert await claims.claim(key, first, MINUTE)
    assert not await claims.claim(key, second, MINUTE)
    assert await claims.holder(key) == first
    assert await claims.holder(key, ahead=MINUTE / 2) == first
    assert await claims.holder(key, ahead=MINUTE) is None
    await claims.renew(first, OVER)
    assert await claims.holder(key) is None
    assert await claims.claim(key, second, MINUTE)
    assert await claims.holder(key) == second


async def test_the_end_can_be_moved_by_the_turn_that_has_it(claims: RequestClaims, key: bytes) -> None:
    first, second = new_id("turn"), new_id("turn")
    await claims.claim(key, first, MINUTE)
    await claims.renew(second, MINUTE * 3)
    assert await claims.holder(key, ahead=MINUTE) is None
    await claims.renew(first, MINUTE * 2)
    assert await claims.holder(key, ahead=MINUTE) == first
    assert await claims.holder(key, ahead=MINUTE * 2) is None


async def test_a_claim_beyond_all_bounds_was_made_before_the_clock_was_put_back(
    claims: RequestClaims, storage: Storage, key: bytes
) -> None:
    if storage.name == "memory":
        return  # Its clock is never put back.
    await claims.claim(key, new_id("turn"), dt.timedelta(hours=1))
    assert await claims.holder(key) is None
    assert await claims.claim(key, second := new_id("turn"), MINUTE)
    assert await claims.holder(key) == second


async def test_what_is_released_can_be_claimed_and_another_request_stays(claims: RequestClaims, key: bytes) -> None:
    first, second, other = (new_id("turn") for _ in range(3))
    await claims.claim(key, first, MINUTE)
    await claims.claim(key + b"other", other, MINUTE)
    for _ in range(2):
        await claims.release(first)
    assert await claims.holder(key) is None
    assert await claims.claim(key, second, MINUTE)
    await claims.release(first)
    assert await claims.holder(key) == second
    assert await claims.holder(key + b"other") == other


async def test_a_response_is_stored_beyond_the_release_and_not_beyond_its_end(
    claims: RequestClaims, key: bytes
) -> None:
    turn, over = new_id("turn"), new_id("turn")
    await claims.claim(key, turn, MINUTE)
    assert await claims.stored_response(turn) is None
    for _ in range(2):
        await claims.store_response(turn, b"data: {\x00}\n\n", MINUTE, user_id="ann")
    await claims.store_response(over, b"data: {}\n\n", OVER, user_id="ann")
    await claims.release(turn)
    await claims.forget()
    assert await claims.stored_response(turn) == b"data: {\x00}\n\n"
    assert await claims.stored_response(over) is None


async def test_only_what_has_ended_is_forgotten(claims: RequestClaims, key: bytes) -> None:
    turn = new_id("turn")
    await claims.claim(key, turn, MINUTE)
    await claims.claim(key + b"over", new_id("turn"), OVER)
    await claims.forget()
    assert await claims.holder(key) == turn
    await claims.renew(turn, OVER)
    await claims.forget()
    await claims.renew(turn, MINUTE)
    assert await claims.holder(key) is None
