"""Nesting: whether code runs in a run that a tool started, or in one that the user sees."""

from contextvars import ContextVar

inside_tool: ContextVar[bool] = ContextVar("inside_tool", default=False)
"""True in a run that a tool started: it has no step of its own, and asks the user nothing."""

inside_shown_run: ContextVar[bool] = ContextVar("inside_shown_run", default=False)
"""True in a run of a workflow that the user sees: a run inside it belongs to one of its tools."""
