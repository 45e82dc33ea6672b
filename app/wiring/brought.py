"""Wiring of brought code: the runner of the form that was recognised."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from app.adapters.agents_sdk.loading.forms import Brought, Form
from app.application.conversation.model_catalog import ModelCatalog
from app.domain.errors import AssistantError
from app.ports.agent_runner import AgentRunner

if TYPE_CHECKING:
    from app.adapters.agents_sdk.run.parts import RunParts


def brought_runner(brought: Brought, parts: "RunParts") -> AgentRunner:
    """Import the form's runner, and return one for the code; may block."""
    runner: AgentRunner = _named(brought.form.runner)(brought, parts)
    return runner


def check_brought(name: str, form: Form, code: Any, models: ModelCatalog) -> None:
    """Check code of this form, `name` is the value of `ASSISTANT`. Raises `AssistantError` with every mistake."""
    problems = _named(form.check)(code, models) if form.check else []
    if problems:
        raise AssistantError(name, problems)


def _named(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
