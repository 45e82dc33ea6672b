"""Provider under test with its upstream, and helpers for its tests."""

import json
import traceback
from collections.abc import AsyncGenerator, Sequence
from typing import Any, cast

import msgspec
from agents import Agent, ModelSettings, ModelTracing, RunConfig, Runner, RunResultStreaming, Tool, function_tool
from agents.items import TResponseInputItem, TResponseStreamEvent
from openai.types.responses.response_prompt_param import ResponsePromptParam

from app.ports.model_provider import ModelError, ModelProvider
from tests.fakes.dialects import PROMPT, SECRET
from tests.fakes.upstream import Upstream


@function_tool
async def weather(city: str) -> str:
    """The weather in a city."""
    return f"sunny in {city}"


@function_tool
async def clock(tz: str, precise: bool | None = None) -> str:
    """The time in a time zone."""
    return f"noon in {tz}"


class Subject(msgspec.Struct):
    """Provider and its upstream."""

    provider: ModelProvider
    upstream: Upstream

    def ask(
        self,
        items: str | list[TResponseInputItem] = PROMPT,
        *,
        tools: Sequence[Tool] = (),
        settings: ModelSettings | None = None,
        prompt: ResponsePromptParam | None = None,
    ) -> AsyncGenerator[TResponseStreamEvent, None]:
        """Return the events of one response of the default model."""
        events = self.provider.model(self.provider.default_model).stream_response(
            "Be brief.",
            items,
            settings or ModelSettings(),
            list(tools),
            None,
            [],
            ModelTracing.DISABLED,
            previous_response_id=None,
            conversation_id=None,
            prompt=prompt,
        )
        return cast(AsyncGenerator[TResponseStreamEvent, None], events)

    def run(self, *tools: Tool) -> RunResultStreaming:
        """Run the Agents SDK's own loop with the default model."""
        agent = Agent(name="Test", instructions="Be brief.", tools=list(tools))
        model = self.provider.model(self.provider.default_model)
        return Runner.run_streamed(agent, PROMPT, run_config=RunConfig(model=model, tracing_disabled=True))

    def told(self, request: int) -> str:
        """Return the input of a request as text."""
        return json.dumps(self.upstream.requests[request].body, ensure_ascii=False)


async def until_failure(
    stream: AsyncGenerator[TResponseStreamEvent, None],
) -> tuple[list[TResponseStreamEvent], ModelError]:
    """Return the events before the failure, and the failure."""
    events: list[TResponseStreamEvent] = []
    try:
        async for event in stream:
            events.append(event)  # noqa: PERF401  # a comprehension would lose what came before the failure
    except ModelError as failure:
        return events, failure
    raise AssertionError("the stream did not fail")


def assert_nothing_private(error: ModelError) -> None:
    """Assert that neither the key nor texts of the user or the upstream are shown, in a traceback either."""
    shown: list[Any] = [str(error), repr(error), error.message, error.detail, *traceback.format_exception(error)]
    for private in (SECRET, PROMPT, "<html>"):
        assert not any(private in text for text in shown)
    assert error.message
    assert error.detail
