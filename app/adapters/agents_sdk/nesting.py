"""Nesting: whether code runs in a run that a tool started."""

from contextvars import ContextVar

inside_tool: ContextVar[bool] = ContextVar("inside_tool", default=False)
"""True in a run that a tool started: it has no step of its own, and asks the user nothing."""
