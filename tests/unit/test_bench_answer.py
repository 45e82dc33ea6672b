"""The benchmark's own ruler: a text that did not arrive whole must not count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.answer import text_of, tokens
from bench.upstream import frames


@given(st.integers(min_value=1, max_value=60))
def test_what_the_upstream_sends_is_what_the_client_expects(count: int) -> None:
    assert text_of(b"".join(frames(count))) == "".join(tokens(count))


@given(st.integers(min_value=0, max_value=len(b"".join(frames(5))) - 6))
def test_a_cut_response_is_never_taken_for_a_whole_one(size: int) -> None:
    with pytest.raises(ValueError, match=r"cut|answered|invalid literal"):
        text_of(b"".join(frames(5))[:size])


def test_an_error_is_no_answer() -> None:
    with pytest.raises(ValueError, match="503"):
        text_of(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n")
