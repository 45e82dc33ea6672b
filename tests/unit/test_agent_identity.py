"""Agent identity by name: the keys are those of the SDK."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from agents import Agent, function_tool
from agents._run_state_agent_identity import _build_agent_identity_keys_by_id

from app.patches.agent_identity import MODULES, NAME, KeysByName, apply

pytestmark = pytest.mark.usefixtures("patches_on")


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


def test_applying_twice_replaces_the_functions_once() -> None:
    apply()
    apply()
    assert all(isinstance(getattr(import_module(name), NAME), KeysByName) for name in MODULES)


@pytest.mark.parametrize("make", [alone, with_another_to_hand_over_to, with_another_as_a_tool])
def test_the_keys_are_those_of_the_sdk(make: Callable[[], Agent[Any]]) -> None:
    agent = make()
    assert KeysByName(_build_agent_identity_keys_by_id)(agent) == _build_agent_identity_keys_by_id(agent)
