"""What the shortcut for an agent that is alone needs of the Agents SDK, and that it finds what the SDK does."""

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from typing import Any

import pytest
from agents import Agent, function_tool
from agents._run_state_agent_identity import _build_agent_identity_keys_by_id

from app.patches.agent_identity import MODULES, NAME, KeysByName, tell_by_name


@function_tool
def plain() -> str:
    """Do nothing."""
    return ""


def alone() -> Agent[Any]:
    return Agent(name="A", tools=[plain])


def with_another_to_hand_over_to() -> Agent[Any]:
    return Agent(name="A", handoffs=[Agent(name="A", instructions="Be brief."), Agent(name="B")])


def with_another_as_a_tool() -> Agent[Any]:
    return Agent(name="A", tools=[Agent(name="A").as_tool("ask", "Ask it.")])


def test_the_sdk_is_as_we_know_it() -> None:
    assert version("openai-agents").startswith("0.24."), "read lone_agents.py again, then change this number"
    tell_by_name()
    tell_by_name()
    assert all(isinstance(getattr(import_module(name), NAME), KeysByName) for name in MODULES)


@pytest.mark.parametrize("make", [alone, with_another_to_hand_over_to, with_another_as_a_tool])
def test_the_keys_are_those_of_the_sdk(make: Callable[[], Agent[Any]]) -> None:
    agent = make()
    assert KeysByName(_build_agent_identity_keys_by_id)(agent) == _build_agent_identity_keys_by_id(agent)
