"""How many values a request may hold."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidInputError
from app.entrypoints.chatkit.value_limits import VALUES, check_json

TEXTS = st.text('a,[{}]":\\', max_size=20)


@given(st.lists(TEXTS, min_size=1, max_size=20))
def test_a_long_text_is_one_value_whatever_it_says(pieces: list[str]) -> None:
    check_json(json.dumps(["".join(pieces) * VALUES]).encode())


@pytest.mark.parametrize("value", [1, "a", '\\"', [], {}, {"a": 1}, None])
def test_very_many_values_are_refused(value: Any) -> None:
    check_json(json.dumps([value] * (VALUES // 4)).encode())
    with pytest.raises(InvalidInputError):
        check_json(json.dumps([value] * (VALUES + 1)).encode())


@given(st.binary(max_size=200))
def test_bytes_that_are_no_json_are_left_to_the_reader(junk: bytes) -> None:
    check_json(junk)
    check_json(b'{"a":"' + b"x" * 2 * VALUES + junk)
