"""The JSON of a request to a model, short and long."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.providers.shared.request_body import encode_body

LONG = st.builds(lambda text, times: text * times, st.text(min_size=1, max_size=20), st.integers(1, 30_000))
CONTENT = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=20) | LONG,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=6,
)


async def written(request: dict[str, Any]) -> bytes:
    body = await encode_body(request, "messages")
    pieces = [piece async for piece in body]
    assert body.length == sum(map(len, pieces))
    return b"".join(pieces)


@given(st.lists(CONTENT, max_size=4))
async def test_it_is_the_same_json_however_long_it_is(messages: list[Any]) -> None:
    request = {"model": "m", "messages": messages, "stream": True}
    assert await written(request) == msgspec.json.encode(request)


async def test_a_long_text_is_written_in_pieces() -> None:
    body = await encode_body({"messages": [{"content": "abcd" * 1_000_000}]}, "messages")
    sizes = [len(piece) async for piece in body]
    assert len(sizes) > 30
    assert max(sizes) < 250_000


@pytest.mark.parametrize("times", [1, 100_000])
async def test_half_a_character_is_refused(times: int) -> None:
    with pytest.raises(UnicodeEncodeError):
        await written({"messages": [{"content": "\ud800" * times}]})
