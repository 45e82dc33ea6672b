"""An agent's own reasoning settings go before the server's."""

from typing import Any

import pytest
from agents import Model, ModelSettings
from openai.types.shared import Reasoning

from app.adapters.agents_sdk.models.reasoning import ReasoningDefaults, reasoning_defaults, shows_thoughts


class Asked(Model):
    """Notes the settings it is asked with."""

    def __init__(self) -> None:
        self.settings: list[ModelSettings] = []

    async def get_response(self, *args: Any, **kwargs: Any) -> Any:
        self.settings.append(args[2])

    def stream_response(self, *args: Any, **kwargs: Any) -> Any:
        self.settings.append(args[2])


@pytest.mark.parametrize(
    ("own", "defaults", "effort", "summary"),
    [
        (None, ("low", "auto"), "low", "auto"),
        (None, (None, "off"), None, None),
        (Reasoning(effort="high"), ("low", "detailed"), "high", "detailed"),
        (Reasoning(summary="concise"), ("low", "off"), "low", "concise"),
        (Reasoning(effort="high", summary=None), ("low", "auto"), "high", None),
        (Reasoning(), ("max", "auto"), "max", "auto"),
    ],
)
async def test_an_agents_own_settings_go_before_the_servers(
    own: Reasoning | None, defaults: tuple[str | None, str], effort: str | None, summary: str | None
) -> None:
    inner = Asked()
    model = ReasoningDefaults(inner, reasoning_defaults(*defaults))
    settings = ModelSettings(reasoning=own, temperature=0.5)
    asked: Any = (None, "Hi", settings, [], None, [], None)
    await model.get_response(*asked)
    model.stream_response(*asked)
    for sent in inner.settings:
        assert sent.reasoning is not None
        assert (sent.reasoning.effort, sent.reasoning.summary) == (effort, summary)
        assert sent.temperature == 0.5
        assert shows_thoughts(sent) == (summary is not None)
    assert settings.reasoning == own, "the agent's settings are left as they are"
