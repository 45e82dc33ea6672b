"""An agent that is alone in its run is told from others by its name.

The Agents SDK spells out all that an agent is, to tell those of one name apart, twice a run even where there is just
one. Leans on a private function of openai-agents 0.24, `_build_agent_identity_keys_by_id`, in the two modules that call
it in every run; where they do not have it, and for agents that are not alone, everything is the SDK's own.
"""

from collections.abc import Callable
from typing import Any, Final

from agents import Agent

from app.patches.replaced_function import take_place

MODULES: Final = ("agents.run_internal.tool_use_tracker", "agents.sandbox.runtime_session_manager")
NAME: Final = "_build_agent_identity_keys_by_id"

Keys = Callable[[Agent[Any]], dict[int, str]]


class KeysByName:
    """The keys of an agent and of all whom it may call, by `id`."""

    def __init__(self, of_all: Keys) -> None:
        self._of_all = of_all

    def __call__(self, agent: Agent[Any]) -> dict[int, str]:
        if agent.handoffs or any(getattr(tool, "_is_agent_tool", True) for tool in agent.tools):
            return self._of_all(agent)
        return {id(agent): agent.name}


def tell_by_name() -> None:
    """From now on, in this process. Safe to repeat."""
    for module in MODULES:
        take_place(module, NAME, KeysByName)
