"""Entry point of the demo: which settings choose it, and what is missing to use it."""

from app.adapters.providers.demo.provider import DemoProvider
from app.adapters.providers.demo.settings import DemoSettings
from app.ports.model_provider import ProviderPlugin

plugin = ProviderPlugin(
    name="demo",
    settings=DemoSettings,
    build=DemoProvider,
    missing=lambda _: "",
    detect=lambda _: False,
    rank=1000,
    showcase=True,
)
