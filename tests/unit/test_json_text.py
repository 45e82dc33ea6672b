"""How deep a JSON text is, without reading it."""

import json
from typing import Any

import pytest
from agents import FunctionTool
from agents.tool_context import ToolContext
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.agents_sdk.annotations import Annotator
from app.adapters.agents_sdk.tools.toolbox_tools import ToolboxTools
from app.domain.json_text import DEPTH, is_too_deep
from tests.unit.test_argument_size import Deaf

VALUES = st.recursive(
    st.none() | st.text('[]{}",:\\', max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('[{"\\', max_size=4), inner, max_size=3),
    max_leaves=20,
)
DEEP = "[" * 10_000 + "]" * 10_000


def depth_of(value: Any) -> int:
    match value:
        case dict():
            return 1 + max(map(depth_of, value.values()), default=0)
        case list():
            return 1 + max(map(depth_of, value), default=0)
    return 0


@given(VALUES, st.integers(0, 6))
def test_it_is_the_depth_of_what_would_be_read(value: Any, limit: int) -> None:
    assert is_too_deep(json.dumps(value).encode(), limit) == (depth_of(value) > limit)


@given(st.binary(max_size=300) | st.text('[]{}"\\', max_size=300).map(str.encode))
def test_what_is_no_json_does_no_harm(junk: bytes) -> None:
    is_too_deep(junk)


@pytest.mark.parametrize("pair", ["[]", '{"a":}'])
def test_the_last_level_is_allowed(pair: str) -> None:
    opening, closing = pair[:-1], pair[-1]
    assert not is_too_deep((opening * DEPTH + closing * DEPTH).encode())
    assert is_too_deep((opening * (DEPTH + 1) + closing * (DEPTH + 1)).encode())


def test_a_deep_result_of_a_tool_links_nothing() -> None:
    annotator = Annotator()
    annotator.remember(DEEP)
    assert annotator.annotate("anything") == []


async def test_a_tool_of_another_program_is_not_called_with_deep_arguments() -> None:
    [tool] = ToolboxTools(Deaf()).current()
    assert isinstance(tool, FunctionTool)
    context: ToolContext[Any] = ToolContext(None, tool_name="hear", tool_call_id="call_1", tool_arguments=DEEP)
    assert "no JSON object" in await tool.on_invoke_tool(context, DEEP)
