"""What every `IdempotencyKeys` promises."""

import asyncio
import datetime as dt
from secrets import token_bytes

import pytest

from app.domain.ids import new_id
from app.ports.idempotency_keys import IdempotencyKeys
from app.ports.storage import Storage

MINUTE = dt.timedelta(minutes=1)
OVER = dt.timedelta(seconds=-1)


@pytest.fixture
def keys(storage: Storage) -> IdempotencyKeys:
    """The idempotency keys under test."""
    return storage.idempotency_keys


@pytest.fixture
def key() -> bytes:
    """A request that no other test makes; any bytes are one."""
    return b"\x00\xff" + token_bytes(32)


async def test_of_many_reservations_at_once_one_succeeds(keys: IdempotencyKeys, key: bytes) -> None:
    turns = [new_id("turn") for _ in range(10)]
    granted = await asyncio.gather(*(keys.reserve(key, turn, MINUTE) for turn in turns))
    assert granted.count(True) == 1
    assert await keys.holder(key) == turns[granted.index(True)]


async def test_it_is_had_until_its_end_and_not_longer(keys: IdempotencyKeys, key: bytes) -> None:
    first, second = new_id("turn"), new_id("turn")
    assert await keys.reserve(key, first, MINUTE)
    assert not await keys.reserve(key, second, MINUTE)
    assert await keys.holder(key) == first
    assert await keys.holder(key, ahead=MINUTE / 2) == first
    assert await keys.holder(key, ahead=MINUTE) is None
    await keys.renew(first, OVER)
    assert await keys.holder(key) is None
    assert await keys.reserve(key, second, MINUTE)
    assert await keys.holder(key) == second


async def test_the_end_can_be_moved_by_the_turn_that_has_it(keys: IdempotencyKeys, key: bytes) -> None:
    first, second = new_id("turn"), new_id("turn")
    await keys.reserve(key, first, MINUTE)
    await keys.renew(second, MINUTE * 3)
    assert await keys.holder(key, ahead=MINUTE) is None
    await keys.renew(first, MINUTE * 2)
    assert await keys.holder(key, ahead=MINUTE) == first
    assert await keys.holder(key, ahead=MINUTE * 2) is None


async def test_a_reservation_beyond_the_longest_lease_has_expired(
    keys: IdempotencyKeys, storage: Storage, key: bytes
) -> None:
    if storage.name == "memory":
        return  # Its clock is never put back.
    await keys.reserve(key, new_id("turn"), dt.timedelta(hours=1))
    assert await keys.holder(key) is None
    assert await keys.reserve(key, second := new_id("turn"), MINUTE)
    assert await keys.holder(key) == second


async def test_a_released_key_can_be_reserved_and_another_stays(keys: IdempotencyKeys, key: bytes) -> None:
    first, second, other = (new_id("turn") for _ in range(3))
    await keys.reserve(key, first, MINUTE)
    await keys.reserve(key + b"other", other, MINUTE)
    for _ in range(2):
        await keys.release(first)
    assert await keys.holder(key) is None
    assert await keys.reserve(key, second, MINUTE)
    await keys.release(first)
    assert await keys.holder(key) == second
    assert await keys.holder(key + b"other") == other


async def test_a_response_is_stored_beyond_the_release_and_not_beyond_its_end(
    keys: IdempotencyKeys, key: bytes
) -> None:
    turn, over = new_id("turn"), new_id("turn")
    await keys.reserve(key, turn, MINUTE)
    assert await keys.stored_response(turn) is None
    for _ in range(2):
        await keys.store_response(turn, b"data: {\x00}\n\n", MINUTE, user_id="ann")
    await keys.store_response(over, b"data: {}\n\n", OVER, user_id="ann")
    await keys.release(turn)
    await keys.forget()
    assert await keys.stored_response(turn) == b"data: {\x00}\n\n"
    assert await keys.stored_response(over) is None


async def test_only_what_has_ended_is_forgotten(keys: IdempotencyKeys, key: bytes) -> None:
    turn = new_id("turn")
    await keys.reserve(key, turn, MINUTE)
    await keys.reserve(key + b"over", new_id("turn"), OVER)
    await keys.forget()
    assert await keys.holder(key) == turn
    await keys.renew(turn, OVER)
    await keys.forget()
    await keys.renew(turn, MINUTE)
    assert await keys.holder(key) is None
