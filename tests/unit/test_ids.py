"""Identifiers."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.ids import new_id


@given(st.sampled_from(["thr", "msg", "tc", "task"]))
def test_an_id_is_a_prefix_and_128_bits_in_hex(prefix: str) -> None:
    assert re.fullmatch(prefix + r"_[0-9a-f]{32}", new_id(prefix))


def test_no_id_comes_twice() -> None:
    assert len({new_id("msg") for _ in range(10_000)}) == 10_000


@given(st.lists(st.integers(0, 2**48 - 1), min_size=2, max_size=5, unique=True))
def test_ids_of_different_milliseconds_sort_by_age(moments: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        made = []
        for moment in sorted(moments):
            patch.setattr(time, "time_ns", lambda moment=moment: moment * 1_000_000 + 999_999)
            made.append(new_id("msg"))
    assert made == sorted(made)
    assert [int(id_.removeprefix("msg_")[:12], 16) for id_ in made] == sorted(moments)
