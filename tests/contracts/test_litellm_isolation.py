"""What LiteLLM would do to the server if it could: freeze it, reach for other addresses, mix up its callers."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from agents import ModelSettings, ModelTracing
from agents.items import TResponseStreamEvent
from hypothesis import given, settings
from hypothesis import strategies as st

from app.adapters.providers.litellm.provider import LitellmProvider
from app.adapters.providers.litellm.settings import LitellmSettings
from app.adapters.providers.litellm.wire import RequestBlockedError
from app.environment import Secret
from app.ports.model_provider import ModelError
from tests.contracts.response_events import heard
from tests.fakes.dialects import SECRET, Dialect
from tests.fakes.litellm_upstreams import AnthropicMessages, Azure, GeminiNative, OpenRouter
from tests.fakes.upstream import Close, Raw, Reply, Upstream, json_reply, sse, stream

pytestmark = pytest.mark.filterwarnings("ignore:Accessing the 'model_:DeprecationWarning")

GEMINI = GeminiNative()
SPIN_SECONDS = 60  # A process that has not answered by then spins, and is killed.

ASK = """
import asyncio, json, sys
from agents import ModelSettings, ModelTracing
from app.adapters.providers.litellm.provider import LitellmProvider
from app.adapters.providers.litellm.settings import LitellmSettings
from app.environment import Secret
from app.ports.model_provider import ModelError

async def ask(provider):
    said = []
    try:
        async for event in provider.model(provider.default_model).stream_response(
            None, "Hi", ModelSettings(), [], None, [], ModelTracing.DISABLED
        ):
            if event.type == "response.output_text.delta":
                said.append(event.delta)
    except ModelError as error:
        return ["".join(said), error.kind]
    return ["".join(said), ""]

async def main(model, url, times):
    provider = LitellmProvider(LitellmSettings(model=model, api_key=Secret("k"), base_url=url, retries=0))
    try:
        print(json.dumps([await ask(provider) for _ in range(int(times))]))
    finally:
        await provider.aclose()

asyncio.run(main(*sys.argv[1:]))
"""


@asynccontextmanager
async def provider_of(model: str, upstream: Upstream, path: str = "") -> AsyncIterator[LitellmProvider]:
    """A provider that talks to `upstream` and does not try again."""
    provider = LitellmProvider(
        LitellmSettings(model=model, api_key=Secret(SECRET), base_url=upstream.url + path, retries=0)
    )
    try:
        yield provider
    finally:
        await provider.aclose()


def answer(provider: LitellmProvider, items: Any = "Hi") -> AsyncIterator[TResponseStreamEvent]:
    """The events of the default model's answer to `items`, the Agents SDK's input items as JSON."""
    return provider.model(provider.default_model).stream_response(
        None,
        items,
        ModelSettings(),
        [],
        None,
        [],
        ModelTracing.DISABLED,
        previous_response_id=None,
        conversation_id=None,
        prompt=None,
    )


async def ask(provider: LitellmProvider, items: Any = "Hi") -> str:
    """Return the response of the default model to `items`."""
    return heard([event async for event in answer(provider, items)]).text


async def test_no_broken_stream_freezes_the_process() -> None:
    half = b'data: {"candidates": [{"content": {"parts": [{"te'
    replies = [
        stream(*GEMINI.begin("Hel"), half, framing="close"),
        stream(*GEMINI.begin("Hel"), Raw(b"%x\r\n" % 500 + half), Close()),
        stream(*GEMINI.begin("Hel"), half + b"\r\n\r\n", *GEMINI.end()),
        stream(*GEMINI.begin("Hel"), half + b"\r\n\r\n"),
        stream(*GEMINI.begin("Hel"), b"data: " + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"\r\n\r\n", *GEMINI.end()),
        GEMINI.text("Hello"),
    ]
    async with Upstream() as upstream:
        upstream.script(*replies)
        arguments = ["gemini/gemini-2.5-flash", f"{upstream.url}/v1beta", str(len(replies))]
        child = await asyncio.create_subprocess_exec(sys.executable, "-c", ASK, *arguments, stdout=PIPE)
        try:
            printed, _ = await asyncio.wait_for(child.communicate(), SPIN_SECONDS)
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
    interrupted, protocol = ["Hel", "interrupted"], ["Hel", "protocol"]
    assert json.loads(printed) == [interrupted, interrupted, protocol, protocol, protocol, ["Hello", ""]]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
PARTS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("text", "functionCall", "thought", "thoughtSignature", "inlineData"), VALUES)
)
CANDIDATES = st.fixed_dictionaries(
    {}, optional={"content": st.fixed_dictionaries({"parts": st.lists(PARTS, max_size=2)}) | VALUES, "index": VALUES}
)
EVENTS = VALUES | st.fixed_dictionaries(
    {}, optional={"candidates": st.lists(CANDIDATES, max_size=2) | VALUES, "usageMetadata": VALUES, "error": VALUES}
)


@settings(max_examples=150, deadline=None)
@given(st.lists(EVENTS, max_size=3))
async def test_whatever_an_upstream_says_ends_in_words_or_in_a_failure(said: list[Any]) -> None:
    async with Upstream() as upstream, provider_of("gemini/gemini-2.5-flash", upstream, "/v1beta") as provider:
        upstream.script(stream(*map(sse, said), *GEMINI.begin("Hello"), *GEMINI.end()))
        try:
            outcome = await ask(provider)
        except ModelError as failure:
            outcome = failure.kind
        assert outcome.endswith("Hello") or outcome in {"protocol", "overloaded", "rejected", "empty", "interrupted"}


async def test_a_burst_of_events_leaves_room_for_others() -> None:
    words = [f"word{number} " for number in range(100)]
    turns = 0

    async def live() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with Upstream() as upstream, provider_of("gemini/gemini-2.5-flash", upstream, "/v1beta") as provider:
        upstream.script(stream(b"".join([*GEMINI.begin(*words), *GEMINI.end()])))
        living = asyncio.create_task(live())
        try:
            heard_at = [turns async for event in answer(provider) if event.type == "response.output_text.delta"]
        finally:
            living.cancel()
    assert len(heard_at) == len(words)
    assert len(set(heard_at)) == len(words), "others had a turn between any two events"


@pytest.mark.parametrize("address", ["http://{}/cat.png", "http://{}/cat?format=raw"])
async def test_an_image_by_address_is_not_fetched(address: str) -> None:
    async with (
        Upstream() as upstream,
        Upstream() as elsewhere,
        provider_of("gemini/gemini-2.5-flash", upstream, "/v1beta") as provider,
    ):
        upstream.script(GEMINI.text("I see no cat."))
        elsewhere.always(json_reply(200, {"secrets": "of the inner network"}))
        address = address.format(elsewhere.url.removeprefix("http://"))
        image = {"type": "input_image", "image_url": address, "detail": "auto"}
        parts = [{"type": "input_text", "text": "What is this?"}, image]
        assert await ask(provider, [{"type": "message", "role": "user", "content": parts}]) == "I see no cat."
        assert elsewhere.requests == []
        assert address not in json.dumps(upstream.requests[0].body)


async def test_litellm_reaches_nothing_by_itself() -> None:
    async with Upstream() as elsewhere, provider_of("gemini/gemini-2.5-flash", elsewhere):
        import litellm
        from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler, HTTPHandler

        for client in (litellm.module_level_aclient, AsyncHTTPHandler()):
            with pytest.raises(RequestBlockedError):
                await client.get(elsewhere.url)
        with pytest.raises(RequestBlockedError):
            HTTPHandler().get(elsewhere.url)
        assert elsewhere.connections == 0


async def test_a_variable_that_litellm_knows_leads_nothing_astray(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Upstream() as upstream, Upstream() as elsewhere:
        for name in (
            "ANTHROPIC_API_BASE",
            "ANTHROPIC_BASE_URL",
            "GEMINI_API_BASE",
            "OPENAI_BASE_URL",
            "AZURE_API_BASE",
        ):
            monkeypatch.setenv(name, elsewhere.url)
        monkeypatch.setenv("OPENAI_ORGANIZATION", "org-of-another-project")
        dialects: list[tuple[str, Dialect]] = [
            ("anthropic/claude-sonnet-4-5", AnthropicMessages()),
            ("gemini/gemini-2.5-flash", GEMINI),
            ("azure/mine", Azure()),
            ("openrouter/openai/gpt-5-mini", OpenRouter()),
        ]
        for model, dialect in dialects:
            async with provider_of(model, upstream) as provider:
                upstream.script(dialect.text("Hello"))
                assert await ask(provider) == "Hello"
        assert elsewhere.requests == []
        for request in upstream.requests:
            assert request.headers["user-agent"] == "anyport"
            assert not {"http-referer", "x-title", "openai-organization", "x-stainless-os"} & set(request.headers)


async def test_answers_to_several_at_once_are_not_mixed_up() -> None:
    async with Upstream() as one, Upstream() as two:
        one.always(GEMINI.text("from ", "one"))
        two.always(AnthropicMessages().text("from ", "two"))
        async with (
            provider_of("gemini/gemini-2.5-flash", one) as first,
            provider_of("anthropic/claude-sonnet-4-5", two) as second,
        ):
            said = await asyncio.gather(*(ask(provider) for _ in range(10) for provider in (first, second)))
        assert said == ["from one", "from two"] * 10


async def test_a_signature_goes_back_with_its_call() -> None:
    async with Upstream() as upstream, provider_of("gemini/gemini-2.5-flash", upstream) as provider:
        upstream.script(GEMINI.text("Sunny."))
        call = {
            "type": "function_call",
            "call_id": "call_1",
            "name": "weather",
            "arguments": "{}",
            "provider_data": {"model": "gemini/gemini-2.5-flash", "thought_signature": "c2lnbmVk"},
        }
        result = {"type": "function_call_output", "call_id": "call_1", "output": "sunny"}
        await ask(provider, [{"role": "user", "content": "Weather?"}, call, result])
        [_, called, _] = upstream.requests[0].body["contents"]
        assert called["parts"][0]["thoughtSignature"] == "c2lnbmVk"


async def test_an_address_that_moves_is_not_followed() -> None:
    async with Upstream() as upstream, Upstream() as elsewhere:
        moved = {"location": f"{elsewhere.url}/v1/messages"}
        upstream.always(Reply(status=308, headers=moved))
        async with provider_of("anthropic/claude-sonnet-4-5", upstream) as provider:
            with pytest.raises(ModelError) as caught:
                await ask(provider)
        assert caught.value.kind == "rejected"
        assert elsewhere.connections == 0


async def test_what_litellm_itself_refuses_is_the_operators() -> None:
    async with Upstream() as upstream, provider_of("a-vendor-nobody-knows/model", upstream) as provider:
        with pytest.raises(ModelError) as caught:
            await ask(provider)
        assert caught.value.actor == "operator"
        assert upstream.requests == []
