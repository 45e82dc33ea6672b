"""What every `Counters` promises."""

import asyncio
import datetime as dt

import pytest

from app.domain.ids import new_id
from app.ports.counters import Counters
from app.ports.storage import Storage

MINUTE = dt.timedelta(minutes=1)
OVER = dt.timedelta(seconds=-1)


@pytest.fixture
def counters(storage: Storage) -> Counters:
    """The counters under test."""
    return storage.counters


@pytest.fixture
def key() -> str:
    """A key that no other test uses."""
    return new_id("key")


async def test_sums_begin_at_nothing_and_grow(counters: Counters, key: str) -> None:
    assert await counters.add({key: 0}, keep=MINUTE) == {key: 0}
    assert await counters.add({key: 3}, keep=MINUTE) == {key: 3}
    assert await counters.add({key: 4}, keep=MINUTE) == {key: 7}
    assert await counters.add({key: 0}, keep=MINUTE) == {key: 7}


async def test_many_keys_at_once(counters: Counters, key: str) -> None:
    amounts = {f"{key}:{number}": number for number in range(1, 351)}
    assert await counters.add(amounts, keep=MINUTE) == amounts
    doubled = await counters.add(amounts, keep=MINUTE)
    assert doubled == {name: 2 * amount for name, amount in amounts.items()}


async def test_no_key_is_no_work(counters: Counters) -> None:
    assert await counters.add({}, keep=MINUTE) == {}


async def test_sums_outgrow_32_bits(counters: Counters, key: str) -> None:
    await counters.add({key: 2**40}, keep=MINUTE)
    assert await counters.add({key: 2**40}, keep=MINUTE) == {key: 2**41}


@pytest.mark.parametrize("name", ["user:ünï", "a b:c", "nul\x00", "half\ud800", "'; --"])
async def test_any_text_is_a_key(counters: Counters, key: str, name: str) -> None:
    assert await counters.add({key + name: 1}, keep=MINUTE) == {key + name: 1}
    assert await counters.add({key + name: 1, key: 1}, keep=MINUTE) == {key + name: 2, key: 1}


async def test_no_addition_is_lost(counters: Counters, key: str) -> None:
    keys = [f"{key}:{number}" for number in range(5)]
    # In opposite orders, which would lock each other out if the keys were taken as they come.
    calls = [dict.fromkeys(keys if number % 2 else keys[::-1], 1) for number in range(20)]
    await asyncio.gather(*(counters.add(call, keep=MINUTE) for call in calls))
    assert await counters.add(dict.fromkeys(keys, 0), keep=MINUTE) == dict.fromkeys(keys, 20)


async def test_only_expired_entries_are_forgotten(counters: Counters, key: str) -> None:
    old, kept, prolonged = f"{key}:old", f"{key}:kept", f"{key}:prolonged"
    await counters.add({old: 1, prolonged: 1}, keep=OVER)
    await counters.add({kept: 1, prolonged: 1}, keep=MINUTE)
    await counters.forget()
    sums = await counters.add({old: 0, kept: 0, prolonged: 0}, keep=MINUTE)
    assert sums == {old: 0, kept: 1, prolonged: 2}
