"""The contract of reasoning on LiteLLM, over the wires of four vendors."""

from typing import Any

import pytest
from agents import Agent, ModelSettings, ModelTracing, RunConfig, Runner
from openai.types.shared import Reasoning

from app.adapters.providers.litellm.provider import LitellmProvider
from app.adapters.providers.litellm.settings import LitellmSettings
from app.environment import Secret
from app.ports.model_provider import ModelProvider
from tests.contracts.provider_subject import Subject, weather
from tests.contracts.reasoning import ReasoningContract
from tests.contracts.response_events import heard
from tests.fakes.dialects import SECRET, Asked, Call
from tests.fakes.litellm_upstreams import AnthropicMessages, Azure, GeminiNative, OpenRouter

pytestmark = pytest.mark.filterwarnings("ignore:Accessing the 'model_:DeprecationWarning")


class LitellmReasoning(ReasoningContract):
    """A vendor behind LiteLLM."""

    path = ""

    def build(self, url: str, model: str) -> ModelProvider:
        return LitellmProvider(
            LitellmSettings(model=model, api_key=Secret(SECRET), base_url=url + self.path, retries=0)
        )


class TestGeminiNative(LitellmReasoning):
    """Gemini's own wire."""

    dialect = GeminiNative()
    reasons = ("gemini/gemini-2.5-flash", "gemini/gemini-3-flash-preview")
    plain = ("gemini/gemini-2.0-flash",)
    path = "/v1beta"

    def asked(self, subject: Subject) -> Asked:
        request = subject.upstream.requests[-1]
        model = request.path.rsplit("/", 1)[-1].partition(":")[0]
        return self.dialect.asked({**request.body, "model": model})

    def refused(self, body: Any) -> str:
        return f"Thinking {'level' if 'thinkingLevel' in str(body) else 'budget'} is not supported for this model."


class TestAnthropic(LitellmReasoning):
    """Claude, which thinks only when an effort is set."""

    dialect = AnthropicMessages()
    reasons = ("anthropic/claude-sonnet-4-5",)
    plain = ("anthropic/claude-3-5-haiku-latest",)
    asks_for_thoughts = False
    hides_thoughts = False

    def refused(self, body: Any) -> str:
        return "thinking: Extra inputs are not permitted; the parameter thinking is not supported by this model"


class TestOpenRouter(LitellmReasoning):
    """OpenRouter, which sends thoughts unless they are excluded."""

    dialect = OpenRouter()
    reasons = ("openrouter/openai/gpt-5-mini", "openrouter/google/gemini-2.5-flash")
    plain = ("openrouter/meta-llama/llama-3.3-70b-instruct", "openrouter/openai/gpt-4o")
    path = "/api/v1"
    asks_for_thoughts = False

    def refused(self, body: Any) -> str:
        return "reasoning.effort: this value is not supported"


class TestAzure(LitellmReasoning):
    """Azure's chat completions."""

    dialect = Azure()
    reasons = ("azure/gpt-5-mini",)
    plain = ("azure/gpt-4o",)
    asks_for_thoughts = False

    def refused(self, body: Any) -> str:
        return "Unsupported parameter: 'reasoning_effort' is not supported with this model."


@pytest.mark.parametrize(
    ("provider", "model", "dialect"),
    [
        (TestAnthropic, "anthropic/claude-sonnet-4-5", AnthropicMessages()),
        (TestOpenRouter, "openrouter/anthropic/claude-sonnet-4.5", OpenRouter()),
    ],
)
async def test_signed_thoughts_go_back_with_their_call_and_to_no_other_model(
    provider: type[LitellmReasoning], model: str, dialect: AnthropicMessages | OpenRouter
) -> None:
    case: Any = provider()
    async with case.subject(model) as it:
        it.upstream.script(dialect.reasoned_call("Hm, rain?", Call("weather", {"city": "Paris"})))
        settings = ModelSettings(reasoning=Reasoning(effort="low", summary="auto"))
        agent = Agent(name="Test", instructions="Be brief.", tools=[weather], model_settings=settings)
        config = RunConfig(model=it.provider.model(model), tracing_disabled=True)
        result = await Runner.run(agent, "Hi", run_config=config)
        assert result.final_output == "Hello"
        assert len(it.upstream.requests) == 2, "nothing was refused"
        assert case.asked(it).effort == "low", "it still thinks behind its call"
        sent = it.told(1)
        assert sent.count("Hm, rain?") == 1
        assert sent.count("c2lnbmVk") == 1
        history = [*result.to_input_list(), {"role": "user", "content": "And?"}]
        other = it.provider.model("anthropic/claude-opus-4-1" if "claude-sonnet-4-5" in model else "openai/gpt-5")
        stream = other.stream_response(None, history, settings, [weather], None, [], ModelTracing.DISABLED)
        assert heard([event async for event in stream]).text == "Hello"
        assert "rain?" not in it.told(2)
        assert "c2lnbmVk" not in it.told(2)
