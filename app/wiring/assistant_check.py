"""Wiring of the assistant's check at the start."""

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.loading.forms import Brought
from app.adapters.agents_sdk.loading.loader import BUILT_IN
from app.application.conversation.model_catalog import ModelCatalog
from app.application.tasks.service import TaskService
from app.ports.toolbox import Toolbox
from app.settings import Settings
from app.wiring.models import installed_plugins


def needs_check(settings: Settings) -> bool:
    """True for a custom assistant, and where external tools may clash with the built-in one's."""
    return settings.assistant.assistant not in BUILT_IN or bool(settings.mcp_servers)


def equipped_assistant(
    assistant: Assistant, settings: Settings, models: ModelCatalog, external_tools: Toolbox, tasks: TaskService
) -> Assistant:
    """Return the assistant with its task tools. Raises `AssistantError` with every mistake of it."""
    if isinstance(assistant, Brought):  # Its form was recognised, and it has no parts that could be looked at.
        return assistant
    if not needs_check(settings):
        return assistant.equipped(tasks)
    # Imported here: the start of the built-in assistant does without the checks.
    from app.adapters.agents_sdk.assistant_checks.check import AssistantCheck

    check = AssistantCheck(models, installed_plugins().plugins, external_tools.tools, tasks)
    return check.equipped(settings.assistant.assistant, assistant)
