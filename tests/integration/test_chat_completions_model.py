"""What only chat completions have to bear, through the real loop of the Agents SDK and over real HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.adapters.providers.gemini.provider import GeminiProvider
from app.adapters.providers.gemini.settings import GeminiSettings
from app.environment import Secret
from app.ports.model_provider import ModelError
from tests.contracts.provider_subject import Subject, clock, until_failure, weather
from tests.contracts.response_events import heard
from tests.fakes.dialects import SECRET, Call
from tests.fakes.gemini_wire import GeminiChat
from tests.fakes.upstream import Upstream, stream

WIRE = GeminiChat()


@asynccontextmanager
async def gemini() -> AsyncIterator[Subject]:
    async with Upstream(WIRE.guard) as upstream:
        provider = GeminiProvider(
            GeminiSettings(api_key=Secret(SECRET), model="gemini-3-flash", base_url=upstream.url, retry_delay=0.01)
        )
        try:
            yield Subject(provider, upstream)
        finally:
            await provider.aclose()


async def test_a_signature_survives_the_loop() -> None:
    async with gemini() as it:
        both = WIRE.calls(Call("weather", {"city": "Paris"}), Call("clock", {"tz": "UTC"}))
        it.upstream.script(both, WIRE.calls(Call("clock", {"tz": "CET"})), WIRE.text("Done."))
        result = it.run(weather, clock)
        async for _ in result.stream_events():
            pass
        assert result.final_output == "Done."
        sent = [call for message in it.upstream.requests[2].body["messages"] for call in message.get("tool_calls", ())]
        signatures = [call.get("extra_content", {}).get("google", {}).get("thought_signature") for call in sent]
        assert signatures == ["signed-weather", None, "signed-clock"]


async def test_arguments_that_are_no_json_are_refused_to_the_model_and_not_repeated() -> None:
    async with gemini() as it:
        garbled = WIRE.piece("weather", '{"city": "Par', id="x")
        it.upstream.script(stream(WIRE.frame({"tool_calls": [garbled]}), *WIRE.end()), WIRE.text("Sorry."))
        result = it.run(weather)
        async for _ in result.stream_events():
            pass
        assert result.final_output == "Sorry."
        *_, call, answer = it.upstream.requests[1].body["messages"]
        assert call["tool_calls"][0]["function"]["arguments"] == "{}"
        assert "error" in answer["content"]


async def test_an_empty_answer_is_asked_for_once_more() -> None:
    async with gemini() as it:
        it.upstream.script(stream(*WIRE.end()), WIRE.text("Here."))
        assert heard([event async for event in it.ask()]).text == "Here."
        assert len(it.upstream.requests) == 2
        it.upstream.always(stream(*WIRE.end()))
        _, failure = await until_failure(it.ask())
        assert failure.kind == "empty"
        assert len(it.upstream.requests) == 4


@pytest.mark.parametrize(("quota", "kind"), [("PerDay", "no_quota"), ("PerMinute", "rate_limited")])
async def test_a_quota_says_whether_waiting_helps(quota: str, kind: str) -> None:
    async with gemini() as it:
        fault = next(fault for fault in WIRE.faults() if fault.name == f"quota_{quota.lower().replace('per', 'per_')}")
        it.upstream.always(fault.reply)
        with pytest.raises(ModelError) as caught:
            await it.provider.check()
        assert caught.value.kind == kind
        assert len(it.upstream.requests) == 1, "41 seconds is longer than anybody waits, and a day more so"
        assert quota in caught.value.detail
