"""A provider without a network, for trying everything else."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Final

from agents import Model

from app.adapters.providers.demo.settings import DemoSettings
from app.ports.model_provider import Capabilities, ModelInfo, ModelProvider

NAME: Final = "demo"


def utc_today() -> dt.date:
    """Today, in UTC."""
    return dt.datetime.now(dt.UTC).date()


class DemoProvider(ModelProvider):
    """One model, in this process."""

    name = NAME
    default_model = NAME
    base_url = None

    def __init__(self, settings: DemoSettings, today: Callable[[], dt.date] = utc_today) -> None:
        # Not before it is chosen: it knows many phrases.
        from app.adapters.providers.demo.model import DemoModel

        self._model: Model = DemoModel(settings.delay_ms / 1000, today)

    def models(self) -> Sequence[ModelInfo]:
        """The demo."""
        return [ModelInfo(name=NAME, capabilities=Capabilities(parallel_tools=False, instructable=False))]

    def model(self, name: str) -> Model:
        """The demo, whatever it is called."""
        return self._model

    async def check(self) -> None:
        """It is always there."""

    async def aclose(self) -> None:
        """There is nothing to close."""
