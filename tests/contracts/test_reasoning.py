"""The contract of reasoning on the providers that speak HTTP themselves."""

from typing import Any, ClassVar, cast

from app.adapters.providers.gemini.provider import GeminiProvider
from app.adapters.providers.gemini.settings import GeminiSettings
from app.adapters.providers.openai.provider import OpenAIProvider
from app.adapters.providers.openai.settings import Api, OpenAISettings
from app.environment import Secret
from app.ports.model_provider import ModelProvider
from tests.contracts.provider_subject import weather
from tests.contracts.reasoning import ReasoningContract
from tests.contracts.response_events import heard
from tests.fakes.chat_wire import OpenAIChat, OpenModels
from tests.fakes.dialects import SECRET, Call, Dialect
from tests.fakes.gemini_wire import GeminiChat
from tests.fakes.responses_wire import Responses


class TestGemini(ReasoningContract):
    """Gemini's form beside OpenAI's, each of which excludes the other."""

    dialect = GeminiChat()
    reasons = (
        *("gemini-2.5-flash", "gemini-2.5-pro", "gemini-3-flash-preview", "gemini-3-pro-preview"),
        *("models/gemini-3.1-pro-preview", "gemini-3.8-flash", "gemini-flash-latest"),
    )
    plain = ("gemini-2.0-flash", "gemini-1.5-pro", "gemma-3-27b-it")

    def build(self, url: str, model: str) -> ModelProvider:
        return GeminiProvider(
            GeminiSettings(api_key=Secret(SECRET), model=model, base_url=f"{url}/v1beta/openai/", retries=0)
        )

    def refused(self, body: Any) -> str:
        word = "level" if "thinking_level" in str(body) else "budget"
        return f"Thinking {word} is not supported for this model."


class TestOpenAIChat(ReasoningContract):
    """Chat completions of OpenAI, which have no thoughts."""

    dialect: ClassVar[Dialect] = OpenAIChat()
    api = Api.CHAT
    reasons: ClassVar[tuple[str, ...]] = ("gpt-5-mini", "gpt-5", "gpt-5.1", "gpt-5.2", "gpt-5-pro", "o3", "o4-mini")
    plain: ClassVar[tuple[str, ...]] = ("gpt-4o", "gpt-4o-mini", "gpt-4.1-nano", "gpt-3.5-turbo", "gpt-5-chat-latest")
    asks_for_thoughts = False

    def build(self, url: str, model: str) -> ModelProvider:
        return OpenAIProvider(
            OpenAISettings(api_key=Secret(SECRET), model=model, base_url=f"{url}/v1", api=self.api, retries=0)
        )

    def refused(self, body: Any) -> str:
        return "Unsupported parameter: 'reasoning_effort' is not supported with this model."


class TestResponses(TestOpenAIChat):
    """The Responses API."""

    dialect = Responses()
    api = Api.RESPONSES
    asks_for_thoughts = True

    def refused(self, body: Any) -> str:
        return "Unsupported parameter: 'reasoning.effort' is not supported with this model."


class TestOpenModels(TestOpenAIChat):
    """A server of open models, whose templates turn reasoning on and off."""

    dialect = OpenModels()
    reasons = ("qwen3:8b", "Qwen/Qwen3-32B", "openai/gpt-oss-120b", "deepseek-r1:7b", "qwq", "mistral/magistral-small")
    fixed = ("deepseek-r1:7b", "qwq", "mistral/magistral-small")
    plain = ("llama3.2", "mistral-small-latest", "qwen2.5:7b", "phi4")
    asks_for_thoughts = False
    hides_thoughts = False

    def refused(self, body: Any) -> str:
        return "[{'type': 'literal_error', 'loc': ('body', 'reasoning_effort'), 'msg': 'Input should be …'}]"

    async def test_a_family_gets_its_own_thoughts_back_with_its_calls(self) -> None:
        dialect = OpenModels()
        for model in ("kimi-k2-thinking", "deepseek-v4-flash", "glm-5"):
            async with self.subject(model) as it:
                it.upstream.script(dialect.reasoned_call("Hm, rain?", Call("weather", {"city": "Paris"})))
                result = it.run(weather)
                [event async for event in result.stream_events()]
                assert result.final_output == "Hello"
                called = next(
                    message for message in it.upstream.requests[1].body["messages"] if "tool_calls" in message
                )
                assert called["reasoning_content"] == "Hm, rain?"

    async def test_kimi_goes_on_behind_a_call_of_another_model(self) -> None:
        call = {"type": "function_call", "call_id": "c", "name": "weather", "arguments": "{}"}
        result = {"type": "function_call_output", "call_id": "c", "output": "sunny"}
        user = {"role": "user", "content": "Hi"}
        for model in ("kimi-k2-thinking", "kimi-k2.6"):
            async with self.subject(model) as it:
                events = [event async for event in it.ask(cast(Any, [user, call, result, user]), tools=[weather])]
                assert heard(events).text == "Hello"
