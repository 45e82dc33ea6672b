"""A provider without a network, for trying everything else."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Annotated, Final

import msgspec
from agents import Model

from app.environment import env
from app.ports.model_provider import Capabilities, ModelInfo, ModelProvider, ProviderPlugin

NAME: Final = "demo"


class DemoSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the demo talks."""

    delay_ms: Annotated[
        int,
        env(
            "DEMO_DELAY_MS",
            help="Milliseconds between two words of the demo.",
            expects="a number from 0 to 1000",
            ge=0,
            le=1000,
        ),
    ] = 20


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


plugin = ProviderPlugin(
    name=NAME,
    settings=DemoSettings,
    build=DemoProvider,
    missing=lambda _: "",
    detect=lambda _: False,
    rank=1000,
)
