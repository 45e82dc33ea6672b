"""Argument size: too large arguments are replaced, and each tool reports it to the model."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from agents import FunctionTool
from agents.tool_context import ToolContext
from openai.types.responses import ResponseFunctionToolCall

from app.adapters.agents_sdk.run.argument_size import CHARACTERS, OMITTED, TOO_LARGE, bound_arguments
from app.adapters.agents_sdk.tools.toolbox_tools import ToolboxTools
from app.domain.identity import RequestContext
from app.ports.toolbox import Toolbox, ToolResult, ToolSpec


class Deaf(Toolbox):
    """A toolbox whose one tool must not be called."""

    @property
    def tools(self) -> Sequence[ToolSpec]:
        return [ToolSpec(name="echo", description="", schema={})]

    async def call(self, name: str, arguments: Mapping[str, Any], context: RequestContext) -> ToolResult:
        raise AssertionError


def call_of(arguments: str) -> ResponseFunctionToolCall:
    return ResponseFunctionToolCall(type="function_call", call_id="call_1", name="echo", arguments=arguments)


def test_only_what_is_too_long_is_left_out() -> None:
    short, long = call_of(json.dumps("x" * (CHARACTERS - 2))), call_of(json.dumps("x" * CHARACTERS))
    bound_arguments([short, long])
    assert len(short.arguments) == CHARACTERS
    assert long.arguments == OMITTED


def test_what_is_too_deep_is_left_out() -> None:
    flat, deep = call_of("[[]]"), call_of("[" * 1_000 + "]" * 1_000)
    bound_arguments([flat, deep])
    assert flat.arguments == "[[]]"
    assert deep.arguments == OMITTED


async def test_a_tool_of_another_program_is_not_called_without_its_arguments() -> None:
    [tool] = ToolboxTools(Deaf()).current()
    assert isinstance(tool, FunctionTool)
    context: ToolContext[Any] = ToolContext(None, tool_name="echo", tool_call_id="call_1", tool_arguments=OMITTED)
    assert TOO_LARGE in await tool.on_invoke_tool(context, OMITTED)
