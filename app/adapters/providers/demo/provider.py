"""Demo provider: one scripted model in this process, without a network."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Final

from agents import Model

from app.adapters.providers.demo.settings import DemoSettings
from app.ports.model_provider import Capabilities, ModelInfo, ModelProvider

NAME: Final = "demo"
_CAPABILITIES: Final = Capabilities(parallel_tools=False, instructable=False)


def utc_today() -> dt.date:
    """Current date in UTC."""
    return dt.datetime.now(dt.UTC).date()


class DemoProvider(ModelProvider):
    """Provider of the one scripted model."""

    name = NAME
    default_model = NAME
    base_url = None

    def __init__(self, settings: DemoSettings, today: Callable[[], dt.date] = utc_today) -> None:
        # Imported only when chosen: it compiles many patterns.
        from app.adapters.providers.demo.model import DemoModel

        self._model: Model = DemoModel(settings.delay_ms / 1000, today)

    def models(self) -> Sequence[ModelInfo]:
        """Return the demo model."""
        return [ModelInfo(name=NAME, capabilities=_CAPABILITIES)]

    def capabilities(self, name: str) -> Capabilities:
        """Return the capabilities of the demo model for every name."""
        return _CAPABILITIES

    def model(self, name: str) -> Model:
        """Return the demo model for every name."""
        return self._model

    async def check(self) -> None:
        """Always succeed."""

    async def aclose(self) -> None:
        """Do nothing: no connection is open."""
