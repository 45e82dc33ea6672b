"""The contract of `ModelProvider` on LiteLLM, over the wires of four vendors."""

from typing import ClassVar

import pytest

from app.adapters.providers.litellm.provider import LitellmProvider
from app.adapters.providers.litellm.settings import LitellmSettings
from app.environment import Secret
from app.ports.model_provider import ModelProvider
from tests.contracts.model_provider import TakesFiles
from tests.fakes.chat_media import picture, url
from tests.fakes.dialects import SECRET, Dialect
from tests.fakes.litellm_upstreams import AnthropicMessages, Azure, GeminiNative, OpenRouter
from tests.fakes.upstream import stream

# LiteLLM reads what pydantic has deprecated; a deprecation that is an error would break it in the middle of a stream.
pytestmark = pytest.mark.filterwarnings("ignore:Accessing the 'model_:DeprecationWarning")


class TestGeminiNative(TakesFiles):
    """Gemini's own wire, on which LiteLLM can spin for ever."""

    dialect: ClassVar[Dialect] = GeminiNative()
    model = "gemini/gemini-2.5-flash"
    path = "/v1beta"

    def build(self, url: str, patience: float) -> ModelProvider:
        return LitellmProvider(
            LitellmSettings(
                model=self.model,
                api_key=Secret(SECRET),
                base_url=url + self.path,
                first_token_timeout=patience,
                idle_timeout=patience,
                retry_delay=0.01,
            )
        )


class TestAnthropic(TestGeminiNative):
    """Anthropic's messages."""

    dialect = AnthropicMessages()
    model = "anthropic/claude-sonnet-4-5"
    path = ""


class TestOpenRouter(TestGeminiNative):
    """OpenRouter's chat completions."""

    dialect = OpenRouter()
    model = "openrouter/openai/gpt-5-mini"
    path = "/api/v1"

    async def test_citations_and_images_come_through(self) -> None:
        wire = OpenRouter()
        frames = [
            wire.frame({"content": "Hi"}),
            wire.frame({"content": "", "annotations": [url("https://a.example", 2)]}),
        ]
        frames.append(wire.frame({"content": "", "images": [picture("aGk=")]}))
        async with self.subject() as it:
            it.upstream.script(stream(*frames, *wire.end()))
            events = [event async for event in it.ask()]
        last = events[-1]
        assert last.type == "response.completed"
        message, image = last.response.output
        assert message.type == "message"
        assert image.type == "image_generation_call"
        assert message.content[0].type == "output_text"
        assert [getattr(one, "url", None) for one in message.content[0].annotations] == ["https://a.example"]
        assert image.result == "aGk="


class TestAzure(TestGeminiNative):
    """Azure's chat completions, through the OpenAI package inside LiteLLM."""

    dialect = Azure()
    model = "azure/my-deployment"
    path = ""
