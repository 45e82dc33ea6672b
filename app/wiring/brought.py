"""Wiring of brought code: the runner of the form that was recognised."""

from importlib import import_module
from typing import TYPE_CHECKING

from app.adapters.agents_sdk.forms import Brought
from app.ports.agent_runner import AgentRunner

if TYPE_CHECKING:
    from app.adapters.agents_sdk.run_parts import RunParts


def brought_runner(brought: Brought, parts: "RunParts") -> AgentRunner:
    """Import the form's runner, and return one for the code; may block."""
    module, _, name = brought.form.runner.partition(":")
    runner: AgentRunner = getattr(import_module(module), name)(brought, parts)
    return runner
