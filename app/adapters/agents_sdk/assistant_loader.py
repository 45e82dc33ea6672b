"""Which assistant runs: what `ASSISTANT` names."""

from importlib import import_module
from typing import Final

from app.adapters.agents_sdk.assistant import Assistant
from app.domain.errors import AnyportError

BUILT_IN: Final = {"tasks": "app.adapters.agents_sdk.task_assistant:task_assistant"}


class AssistantError(AnyportError):
    """`ASSISTANT` names nothing that can run; the operator must correct it, or the module it names."""

    code = "assistant"


def load_assistant(name: str) -> Assistant:
    """The built-in assistant of that name, or the `Assistant` behind `package.module:attribute`.

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
        # A stranger's module may fail in any way at import.
        raise AssistantError(f"ASSISTANT: {name} cannot be loaded: {type(error).__name__}: {error}") from error
    if not isinstance(found, Assistant):
        raise AssistantError(f"ASSISTANT: {name} is {type(found).__name__}, expected an Assistant.")
    return found
