"""Static-tools agent: its tools equal those that the SDK finds."""

from collections.abc import Sequence

import pytest
from agents import Agent, FunctionTool, RunContextWrapper, Tool, function_tool

from app.patches.static_tools_agent import StaticToolsAgent, agent_with

pytestmark = pytest.mark.usefixtures("patches_on")


@function_tool
def plain() -> str:
    """Tool that is always enabled."""
    return ""


@function_tool
def other() -> str:
    """Another tool that is always enabled."""
    return ""


@function_tool(is_enabled=lambda _, __: False)
def hidden() -> str:
    """Tool that is enabled for some runs."""
    return ""


@pytest.mark.parametrize("tools", [[], [plain, other], [plain, hidden]], ids=["none", "plain", "one is hidden"])
async def test_the_tools_are_those_that_the_sdk_would_find(tools: Sequence[Tool]) -> None:
    context: RunContextWrapper[None] = RunContextWrapper(None)
    ours, theirs = agent_with("A", tools), Agent[None](name="A", tools=[*tools])
    assert await ours.get_all_tools(context) == await theirs.get_all_tools(context)


def test_the_sdk_asks_a_tool_that_may_be_hidden() -> None:
    assert isinstance(agent_with("A", [plain]), StaticToolsAgent)
    assert not isinstance(agent_with("A", [plain, hidden]), StaticToolsAgent)
    assert isinstance(hidden, FunctionTool)
