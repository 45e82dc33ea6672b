"""Agent identity by name: an agent without other agents in its run is identified by its name alone.

The Agents SDK serializes all fields of an agent, twice a run, to distinguish agents of one name. Replaces the private
`_build_agent_identity_keys_by_id` in the two modules that call it in every run; agents with handoffs, or with agents
as tools, get the SDK's own identity.
"""

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

from agents import Agent

from app.patches.register import AGENT_IDENTITY

MODULES: Final = ("agents.run_internal.tool_use_tracker", "agents.sandbox.runtime_session_manager")
NAME: Final = "_build_agent_identity_keys_by_id"

Keys = Callable[[Agent[Any]], dict[int, str]]


class KeysByName:
    """Identity keys of an agent, and of all agents that it may call, by `id`."""

    def __init__(self, of_all: Keys) -> None:
        self._of_all = of_all

    def __call__(self, initial_agent: Agent[Any]) -> dict[int, str]:
        """The name of an agent without others; the SDK's keys for all other agents."""
        if initial_agent.handoffs or any(getattr(tool, "_is_agent_tool", True) for tool in initial_agent.tools):
            return self._of_all(initial_agent)
        return {id(initial_agent): initial_agent.name}


def fits() -> bool:
    """True when both modules have the function, with one parameter."""
    functions = [getattr(import_module(name), NAME) for name in MODULES]
    return all(list(inspect.signature(own).parameters) == ["initial_agent"] for own in functions)


def apply() -> None:
    """Replace the SDK's function in this process. Idempotent; does nothing where the patch is off or does not fit."""
    if not AGENT_IDENTITY.is_applied():
        return
    for name in MODULES:
        module = import_module(name)
        own = getattr(module, NAME)
        if not isinstance(own, KeysByName):
            setattr(module, NAME, KeysByName(own))
