"""Assistant loader: imports the assistant that `ASSISTANT` names."""

from importlib import import_module
from typing import Final

from app.adapters.agents_sdk.assistant import Assistant
from app.domain.errors import AnyportError

BUILT_IN: Final = {"tasks": "app.adapters.agents_sdk.task_assistant:task_assistant"}


class AssistantError(AnyportError):
    """`ASSISTANT` names no usable assistant; the operator must correct the setting or the module."""

    code = "assistant"


def load_assistant(name: str) -> Assistant:
    """Return the built-in assistant of this name, or the `Assistant` at `package.module:attribute`.

    The module must be importable: installed, or in a folder of PYTHONPATH. Raises `AssistantError`.
    """
    target = BUILT_IN.get(name, name)
    module, _, attribute = target.partition(":")
    if not module or not attribute:
        known = ", ".join(BUILT_IN)
        raise AssistantError(f"ASSISTANT: expected {known} or package.module:name, got {name!r}.")
    try:
        found = getattr(import_module(module), attribute)
    except Exception as error:
        # The operator's own module may raise any exception at import.
        raise AssistantError(f"ASSISTANT: {name} cannot be loaded: {type(error).__name__}: {error}") from error
    if not isinstance(found, Assistant):
        raise AssistantError(f"ASSISTANT: {name} is {type(found).__name__}, expected an Assistant.")
    return found
