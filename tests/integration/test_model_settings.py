"""What an agent sets for its model reaches the wire as the bare SDK sends it, except what an upstream must not get."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import msgspec
import pytest
from agents import (
    Agent,
    Model,
    ModelSettings,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    RunConfig,
    Runner,
    UserError,
)
from openai import AsyncOpenAI

from app.adapters.providers.gemini.provider import GeminiProvider
from app.adapters.providers.gemini.settings import GeminiSettings
from app.adapters.providers.openai.provider import OpenAIProvider
from app.adapters.providers.openai.settings import Api, OpenAISettings
from app.environment import Secret
from app.ports.model_provider import ModelError, ModelProvider
from tests.contracts.provider_subject import clock, weather
from tests.fakes.chat_wire import OpenAIChat
from tests.fakes.dialects import SECRET
from tests.fakes.dialects import Dialect as Wire
from tests.fakes.gemini_wire import GeminiChat
from tests.fakes.responses_wire import Responses
from tests.fakes.upstream import Request, Upstream

SETTINGS: Final = ModelSettings(
    temperature=0.25,
    top_p=0.5,
    frequency_penalty=0.1,
    presence_penalty=0.2,
    max_tokens=77,
    tool_choice="weather",
    parallel_tool_calls=False,
    truncation="auto",
    metadata={"team": "ours"},
    verbosity="low",
    top_logprobs=2,
    extra_query={"api-version": "7"},
    extra_headers={"x-team": "ours"},
    extra_body={"service_tier": "flex", "store": True},
    extra_args={"user": "someone", "background": True},
    store=True,
)
PROMPT: Final = {"id": "pmpt_1", "version": "2", "variables": {"who": "Ann"}}
OURS: Final = {"stream", "stream_options", "store", "include", "input", "messages", "tools"}
"""Fields that the server sets for itself, with tests of their own."""

KEPT_BY_US: Final = {"background", "store"}


class Asked(msgspec.Struct):
    """The requests of one agent: by the bare SDK, and through a provider of ours."""

    bare: Request
    ours: Request

    def body(self, *left_out: str) -> Mapping[str, Any]:
        """The bare SDK's body without the fields that are ours, or that were left out."""
        return _without(self.bare.body, OURS | KEPT_BY_US | set(left_out))


async def ask(agent: Agent[Any], wire: Wire, provider_of: Any, bare_of: Any) -> Asked:
    async with Upstream() as upstream:
        upstream.always(wire.text("Hello!"))
        client = AsyncOpenAI(api_key=SECRET, base_url=f"{upstream.url}/v1")
        provider: ModelProvider = provider_of(f"{upstream.url}/v1")
        models: list[Model] = [bare_of(provider.default_model, client), provider.model(provider.default_model)]
        try:
            for model in models:
                config = RunConfig(model=model, tracing_disabled=True)
                running = Runner.run_streamed(agent, "Hi", run_config=config)
                async for _ in running.stream_events():
                    pass
                assert running.final_output == "Hello!"
        finally:
            await client.close()
            await provider.aclose()
        return Asked(*upstream.requests)


def at_openai(api: Api, model: str = "gpt-4o-mini") -> Any:
    return lambda url: OpenAIProvider(OpenAISettings(api_key=Secret(SECRET), base_url=url, api=api, model=model))


def assistant(**more: Any) -> Agent[Any]:
    given = {"name": "Helper", "instructions": "Be brief.", "tools": [weather, clock], "model_settings": SETTINGS}
    return Agent(**{**given, **more})


async def test_the_responses_api_gets_what_the_bare_sdk_sends() -> None:
    agent = assistant(prompt=PROMPT)
    asked = await ask(agent, Responses(), at_openai(Api.RESPONSES), OpenAIResponsesModel)
    assert asked.bare.body["background"]
    assert _without(asked.ours.body, OURS) == asked.body()
    assert asked.ours.body["store"] is False
    assert asked.ours.body["prompt"] == PROMPT
    _assert_the_same_head(asked)


async def test_chat_completions_get_what_the_bare_sdk_sends_and_the_server_takes() -> None:
    agent = assistant(model_settings=replace(SETTINGS, extra_args={"user": "someone"}))
    asked = await ask(agent, OpenAIChat(), at_openai(Api.CHAT), OpenAIChatCompletionsModel)
    # A server that is not OpenAI's may know none of these.
    rare = ("metadata", "verbosity", "top_logprobs", "logprobs", "parallel_tool_calls")
    assert _without(asked.ours.body, OURS) == asked.body(*rare)
    assert "store" not in asked.ours.body
    _assert_the_same_head(asked)


async def test_gemini_gets_only_what_it_takes() -> None:
    def gemini(url: str) -> GeminiProvider:
        return GeminiProvider(GeminiSettings(api_key=Secret(SECRET), base_url=url))

    settings = ModelSettings(
        temperature=0.25, top_p=0.5, frequency_penalty=0.1, max_tokens=77, store=True, verbosity="low"
    )
    asked = await ask(assistant(model_settings=settings), GeminiChat(), gemini, OpenAIChatCompletionsModel)
    assert _without(asked.ours.body, OURS) == asked.body("frequency_penalty", "verbosity", "reasoning_effort")


@pytest.mark.parametrize(
    ("model", "sampled"), [("gpt-5-mini", False), ("o3", False), ("gpt-5.1", True), ("gpt-4o", True)]
)
@pytest.mark.parametrize("api", [Api.RESPONSES, Api.CHAT])
async def test_a_model_that_takes_no_sampling_gets_none(model: str, sampled: bool, api: Api) -> None:
    wire: Wire = Responses() if api is Api.RESPONSES else OpenAIChat()
    bare = OpenAIResponsesModel if api is Api.RESPONSES else OpenAIChatCompletionsModel
    agent = assistant(model_settings=ModelSettings(temperature=0.25, top_p=0.5, extra_body={"top_p": 0.75}))
    asked = await ask(agent, wire, at_openai(api, model), bare)
    takes_it = sampled or api is Api.CHAT  # The address of the fake is not OpenAI's: any server may be there.
    expected = {"temperature": 0.25, "top_p": 0.75} if takes_it else {}
    assert {name: asked.ours.body[name] for name in ("temperature", "top_p") if name in asked.ours.body} == expected


async def test_a_prompt_object_where_nothing_can_carry_it_is_an_error_that_says_so() -> None:
    provider = at_openai(Api.CHAT)("http://127.0.0.1:9/v1")
    config = RunConfig(model=provider.model("gpt-4o-mini"), tracing_disabled=True)
    with pytest.raises(ModelError) as caught:
        await Runner.run(assistant(prompt=PROMPT), "Hi", run_config=config)
    assert caught.value.actor == "operator"
    assert "prompt" in caught.value.detail
    await provider.aclose()


async def test_a_setting_that_contradicts_itself_fails_as_in_the_sdk() -> None:
    agent = assistant(model_settings=ModelSettings(temperature=0.1, extra_args={"temperature": 0.2}))
    with pytest.raises((TypeError, UserError, ModelError)):
        await ask(agent, Responses(), at_openai(Api.RESPONSES), OpenAIResponsesModel)


def _assert_the_same_head(asked: Asked) -> None:
    for request in (asked.bare, asked.ours):
        assert request.query == {"api-version": ["7"]}
        assert request.headers["x-team"] == "ours"
        assert SECRET in request.headers["authorization"]


def _without(body: Mapping[str, Any], names: set[str]) -> Mapping[str, Any]:
    return {name: value for name, value in body.items() if name not in names}
