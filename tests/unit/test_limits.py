"""Limits: counted at once in this process, and shared with other processes by write-behind counters."""

import datetime as dt
from collections.abc import Mapping

import pytest

from app.adapters.stores.memory.counters import MemoryCounters
from app.application.limits.counters import WriteBehindCounters
from app.application.limits.rules import Limits, Rules, network
from app.domain.errors import LimitError, StoreUnavailableError
from app.ports.counters import Counters
from app.ports.turn_log import TokenUsage

NOON = dt.datetime(2026, 11, 30, 12, 0, 20, tzinfo=dt.UTC)
TEN_TOKENS = TokenUsage(requests=1, input_tokens=6, output_tokens=4)


class Clock:
    """Clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> dt.datetime:
        return self.now

    def move(self, **span: float) -> None:
        self.now += dt.timedelta(**span)


class BrokenCounters(MemoryCounters):
    """Counters that raise while `broken` is set, and add nothing."""

    broken = True

    async def add(self, amounts: Mapping[str, int], *, keep: dt.timedelta) -> Mapping[str, int]:
        if self.broken:
            raise StoreUnavailableError("away", detail="on holiday")
        return await super().add(amounts, keep=keep)


class Replica:
    """One of several processes on the same counters."""

    def __init__(self, counters: Counters, clock: Clock, **rules: int) -> None:
        self.counters = WriteBehindCounters(counters, now=clock)
        self.limits = Limits(self.counters, Rules(**rules), now=clock)

    async def sync(self) -> None:
        await self.counters.sync()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_request_after_the_last_is_refused_until_the_minute_ends(clock: Clock) -> None:
    limits = Replica(MemoryCounters(), clock, requests_per_minute=2).limits
    limits.admit_request("ann")
    limits.admit_request("ann")
    with pytest.raises(LimitError, match="40 s") as refused:
        limits.admit_request("ann")
    assert refused.value.retry_after == 40
    limits.admit_request("bob")
    clock.move(seconds=40)
    limits.admit_request("ann")


def test_no_limit_counts_nothing(clock: Clock) -> None:
    limits = Replica(MemoryCounters(), clock).limits
    for _ in range(1000):
        limits.admit_request("ann")
        limits.admit_address("192.0.2.1")


def test_requests_of_an_address_are_counted_for_all_its_users(clock: Clock) -> None:
    limits = Replica(MemoryCounters(), clock, requests_per_address=2).limits
    limits.admit_address("2001:db8::1")
    limits.admit_address("2001:db8::2")
    with pytest.raises(LimitError):
        limits.admit_address("2001:db8::3")
    limits.admit_address("2001:db8:0:1::1")


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8::7", "2001:db8::/64"),
        ("unix:", "unix:"),
        ("", ""),
    ],
)
def test_addresses_of_one_network_count_as_one(address: str, counted: str) -> None:
    assert network(address) == counted


async def test_replicas_share_what_they_counted(clock: Clock) -> None:
    counters = MemoryCounters()
    one, two = (Replica(counters, clock, requests_per_minute=4) for _ in range(2))
    for replica in (one, two, one, two):
        replica.limits.admit_request("ann")
    for replica in (one, two, one):
        await replica.sync()
    for replica in (one, two):
        with pytest.raises(LimitError):
            replica.limits.admit_request("ann")


async def test_tokens_of_a_day(clock: Clock) -> None:
    limits = Replica(MemoryCounters(), clock, tokens_per_day=20).limits
    await limits.admit_turn("ann")
    assert not limits.spend("ann", TEN_TOKENS)
    await limits.admit_turn("ann")
    assert limits.spend("ann", TEN_TOKENS)
    with pytest.raises(LimitError, match="midnight") as refused:
        await limits.admit_turn("ann")
    assert refused.value.code == "quota_used"
    assert refused.value.retry_after == dt.timedelta(hours=12, seconds=-20).total_seconds()
    await limits.admit_turn("bob")
    clock.move(hours=12)
    await limits.admit_turn("ann")


async def test_a_restart_forgives_nothing(clock: Clock) -> None:
    counters = MemoryCounters()
    before = Replica(counters, clock, tokens_per_day=10)
    before.limits.spend("ann", TEN_TOKENS)
    await before.sync()
    with pytest.raises(LimitError):
        await Replica(counters, clock, tokens_per_day=10).limits.admit_turn("ann")


async def test_an_outage_refuses_no_request_and_loses_no_count(clock: Clock) -> None:
    counters = BrokenCounters()
    replica = Replica(counters, clock, requests_per_minute=2, tokens_per_day=10)
    replica.limits.admit_request("ann")
    replica.limits.spend("ann", TEN_TOKENS)
    with pytest.raises(StoreUnavailableError):
        await replica.sync()
    with pytest.raises(LimitError):
        await replica.limits.admit_turn("ann")
    counters.broken = False
    await replica.sync()
    other = Replica(counters, clock, requests_per_minute=2, tokens_per_day=10)
    assert (await other.limits.tokens("ann")).used == 10
    assert (await other.limits.requests("ann")).used == 1


async def test_ended_periods_are_deleted(clock: Clock) -> None:
    replica = Replica(MemoryCounters(), clock, requests_per_minute=5)
    for number in range(100):
        replica.limits.admit_address(f"192.0.2.{number}")
        replica.limits.admit_request(f"user_{number}")
    await replica.sync()
    clock.move(minutes=3)
    await replica.sync()
    assert not replica.counters._sums


async def test_counts_are_written_periodically_and_at_the_end(clock: Clock) -> None:
    counters = MemoryCounters()
    write_behind = WriteBehindCounters(counters)
    async with write_behind.syncing():
        write_behind.add("key", 3, NOON + dt.timedelta(days=365_000))
    assert await counters.add({"key": 0}, keep=dt.timedelta()) == {"key": 3}
