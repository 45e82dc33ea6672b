"""Number and depth of the values of a JSON text, without parsing it."""

import json
from typing import Any

import pytest
from agents import FunctionTool
from agents.tool_context import ToolContext
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.agents_sdk.output.annotations import Annotator
from app.adapters.agents_sdk.tools.toolbox_tools import ToolboxTools
from app.domain.json_text import DEPTH, excess
from tests.unit.test_argument_size import Deaf

VALUES = st.recursive(
    st.none() | st.text('[]{}",:\\', max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('[{"\\', max_size=4), inner, max_size=3),
    max_leaves=20,
)
MANY = 10_000
DEEP = "[" * 10_000 + "]" * 10_000


def depth_of(value: Any) -> int:
    match value:
        case dict():
            return 1 + max(map(depth_of, value.values()), default=0)
        case list():
            return 1 + max(map(depth_of, value), default=0)
    return 0


def number_of(value: Any) -> int:
    """Strings, commas and opening brackets: what a parser makes an object of, or one more of."""
    match value:
        case str():
            return 1
        case dict():
            return 1 + len(value) + max(0, len(value) - 1) + sum(map(number_of, value.values()))
        case list():
            return 1 + max(0, len(value) - 1) + sum(map(number_of, value))
    return 0


@given(VALUES, st.integers(0, 6))
def test_the_depth_is_that_of_the_parsed_value(value: Any, limit: int) -> None:
    assert (excess(json.dumps(value).encode(), MANY, limit) == "depth") == (depth_of(value) > limit)


@given(VALUES, st.integers(0, 12))
def test_the_number_is_that_of_the_parsed_value(value: Any, limit: int) -> None:
    assert (excess(json.dumps(value).encode(), limit) == "values") == (number_of(value) > limit)


@given(st.binary(max_size=300) | st.text('[]{}"\\', max_size=300).map(str.encode), st.sampled_from([0, 5, 1000]))
def test_invalid_json_is_left_to_the_parser(junk: bytes, limit: int) -> None:
    excess(junk, limit, 3)


@pytest.mark.parametrize("pair", ["[]", '{"a":}'])
def test_the_last_level_is_allowed(pair: str) -> None:
    opening, closing = pair[:-1], pair[-1]
    assert excess((opening * DEPTH + closing * DEPTH).encode(), MANY) is None
    assert excess((opening * (DEPTH + 1) + closing * (DEPTH + 1)).encode(), MANY) == "depth"


def test_a_deep_result_of_a_tool_links_nothing() -> None:
    annotator = Annotator()
    annotator.remember(DEEP)
    assert annotator.annotate("anything") == []


async def test_a_tool_of_another_program_is_not_called_with_deep_arguments() -> None:
    [tool] = ToolboxTools(Deaf()).current()
    assert isinstance(tool, FunctionTool)
    context: ToolContext[Any] = ToolContext(None, tool_name="hear", tool_call_id="call_1", tool_arguments=DEEP)
    assert "no JSON object" in await tool.on_invoke_tool(context, DEEP)
