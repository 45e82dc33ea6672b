"""Agent references: the agent behind a tool or a handoff, which the Agents SDK keeps under private names.

Without them a mistake in such an agent is found at its first run, and not at the start.
"""

from dataclasses import fields
from typing import Any

from agents import FunctionTool, Handoff

_TOOL, _HANDOFF = "_agent_instance", "_agent_ref"


def fits() -> bool:
    """True when tools and handoffs have these fields."""
    return _TOOL in {field.name for field in fields(FunctionTool)} and _HANDOFF in {
        field.name for field in fields(Handoff)
    }


def target_of(part: Any) -> Any:
    """Return the agent that a tool of `as_tool` runs, or that a handoff of `handoff` leads to; None where unknown."""
    if isinstance(part, FunctionTool):
        return getattr(part, _TOOL, None)
    reference = getattr(part, _HANDOFF, None) if isinstance(part, Handoff) else None
    return reference() if reference is not None else None
