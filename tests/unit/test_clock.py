"""One clock for all replicas: this process's, set right by another."""

import datetime as dt
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.clock import SharedClock

SECOND = 1_000_000_000
MARGIN = 2_000_000
"""Nanoseconds: a millisecond of SQLite's, and what the sums round off."""


def told(ahead: int, at: int) -> dt.datetime:
    """What a clock shows that is so far ahead."""
    return dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(microseconds=(at + ahead) // 1000)


@given(
    ahead=st.integers(-(10**6), 10**6).map(lambda milliseconds: milliseconds * 1_000_000),
    journeys=st.lists(st.tuples(st.integers(0, 5 * SECOND), st.integers(0, 5 * SECOND)), min_size=1, max_size=5),
)
def test_it_is_never_further_off_than_the_quickest_answer_took(ahead: int, journeys: list[tuple[int, int]]) -> None:
    clock, asked = SharedClock(), time.time_ns()
    for there, back in journeys:
        clock.sync_to(told(ahead, asked + there), asked=asked, answered=asked + there + back)
        asked += there + back
    off = abs(clock.correction * 1e9 - ahead)
    assert off <= min(there + back for there, back in journeys) + MARGIN


def test_one_that_may_be_right_is_left_as_it_is() -> None:
    clock, now = SharedClock(), time.time_ns()
    clock.sync_to(told(0, now + 5), asked=now, answered=now + 10)
    assert clock.correction == 0


def test_it_shows_the_same_in_all_its_forms() -> None:
    clock, now = SharedClock(), time.time_ns()
    clock.sync_to(told(3600 * SECOND, now), asked=now, answered=now)
    right = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    as_chatkit_does = dt.datetime.now()  # noqa: DTZ005  # without an offset
    shown = [clock.now(), dt.datetime.fromtimestamp(clock.time(), dt.UTC), clock.in_utc(as_chatkit_does)]
    assert all(abs(moment - right) < dt.timedelta(seconds=5) for moment in shown)
    assert all(moment.tzinfo is dt.UTC for moment in shown)


def test_a_moment_with_an_offset_is_not_its_own_and_stays() -> None:
    clock, now = SharedClock(), time.time_ns()
    clock.sync_to(told(3600 * SECOND, now), asked=now, answered=now)
    moment = dt.datetime(2026, 11, 30, 12, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    assert clock.in_utc(moment) == moment


@pytest.mark.parametrize("ahead", [12, -3600])
def test_what_it_stamps_before_and_after_a_look_keeps_its_order(ahead: int) -> None:
    clock, now = SharedClock(), time.time_ns()
    clock.sync_to(told(ahead * SECOND, now), asked=now, answered=now)
    stamps = []
    for _ in range(100):
        asked = time.time_ns()
        clock.sync_to(told(ahead * SECOND, asked), asked=asked, answered=time.time_ns())
        stamps.append(clock.now())
    assert all(earlier <= later for earlier, later in pairwise(stamps))
