"""Wiring of the showcase."""

from app.adapters.agents_sdk.loading.loader import BUILT_IN
from app.settings import Settings
from app.wiring.models import installed_plugins


def has_showcase(settings: Settings) -> bool:
    """True for the built-in assistant with a provider that shows what agents can do."""
    wanted = settings.assistant
    return wanted.assistant in BUILT_IN and installed_plugins().plugins[wanted.provider].showcase
