"""The Responses API through the `openai` package, which takes its time to look at what it is given."""

import asyncio
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

import pytest
from agents import ModelSettings, ModelTracing
from msgspec.structs import replace
from openai import _base_client, omit
from openai._utils import async_maybe_transform
from openai._utils._json import openapi_dumps
from openai.resources.responses import responses

from app.adapters.providers.openai import provider as openai_provider
from app.adapters.providers.openai.provider import OpenAIProvider
from app.adapters.providers.openai.settings import Api, OpenAISettings
from app.adapters.providers.openai.warm_up import warm_up
from app.environment import Secret
from app.ports.model_provider import ModelError
from tests.contracts.provider_subject import Subject, clock, weather
from tests.fakes.dialects import SECRET
from tests.fakes.hosted_wire import Hosted
from tests.fakes.responses_wire import Responses
from tests.fakes.upstream import Hold, Until, Upstream, json_reply, stream


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    """Answers everything with a word."""
    dialect = Responses()
    async with Upstream(dialect.guard) as upstream:
        upstream.always(dialect.text("Hello!"))
        yield upstream


def provider(upstream: Upstream) -> OpenAIProvider:
    return OpenAIProvider(OpenAISettings(api_key=Secret(SECRET), base_url=f"{upstream.url}/v1", api=Api.RESPONSES))


async def test_it_is_warmed_up_once_and_off_the_loop(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    rehearsed: list[int] = []

    def watched() -> None:
        assert not upstream.requests
        rehearsed.append(threading.get_ident())
        warm_up()

    monkeypatch.setattr(openai_provider, "warm_up", watched)
    subject = Subject(provider(upstream), upstream)
    await asyncio.gather(*(_answered(subject) for _ in range(2)))
    await subject.provider.aclose()
    assert len(upstream.requests) == 2
    assert len(rehearsed) == 1
    assert threading.get_ident() not in rehearsed


@pytest.mark.usefixtures("patches_on")
async def test_the_package_looks_at_nothing_that_is_long(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[Mapping[str, Any]] = []

    async def watched(data: Mapping[str, Any], expected_type: object) -> object:
        looked_at.append(data)
        return await async_maybe_transform(data, expected_type)

    subject = Subject(provider(upstream), upstream)
    await _answered(subject)
    monkeypatch.setattr(responses, "async_maybe_transform", watched)
    await _answered(subject)
    await subject.provider.aclose()
    [seen] = looked_at
    assert (seen["input"], seen["tools"]) == ([], omit)
    sent = upstream.requests[-1].body
    assert [tool["name"] for tool in sent["tools"]] == ["weather", "clock"]
    assert sent["input"]


async def test_a_long_text_goes_past_the_package_too(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []

    def watched(body: object) -> bytes:
        written.append(openapi_dumps(body))
        return written[-1]

    monkeypatch.setattr(_base_client, "openapi_dumps", watched)
    text = 'A "long" text,\n✓ and 🙂. ' * 20_000
    subject = Subject(provider(upstream), upstream)
    assert [event async for event in subject.ask(text)]
    assert [event async for event in subject.ask("Hello?")]
    with pytest.raises(ModelError):
        [event async for event in subject.ask("\ud800" * 20_000)]
    await subject.provider.aclose()
    assert [request.body["input"][0]["content"] for request in upstream.requests] == [text, "Hello?"]
    assert not any("x-long-texts" in request.headers for request in upstream.requests)
    assert max(map(len, written)) < 10_000


async def test_a_hosted_call_may_be_silent_for_longer_than_a_text() -> None:
    dialect, worked = Hosted(), asyncio.Event()
    idle = 0.2
    settings = OpenAISettings(
        api_key=Secret(SECRET), api=Api.RESPONSES, idle_timeout=idle, first_token_timeout=20, hosted_call_timeout=20
    )
    async with Upstream(dialect.guard) as upstream:
        it = OpenAIProvider(replace(settings, base_url=f"{upstream.url}/v1"))
        begun, rest = dialect.slow_call("web_search_call", "Done.")
        upstream.script(stream(*begun, Until(worked), *rest), stream(*dialect.begin("Hel"), Hold()))
        events = Subject(it, upstream).ask()
        while (await anext(events)).type != "response.output_item.added":
            pass
        asyncio.get_running_loop().call_later(3 * idle, worked.set)
        assert [event async for event in events][-1].type == "response.completed"
        with pytest.raises(ModelError) as failure:
            [event async for event in Subject(it, upstream).ask()]
        assert failure.value.kind == "timeout"
        await it.aclose()


async def test_a_hosted_call_is_sent_with_the_reasoning_before_it(upstream: Upstream) -> None:
    it = OpenAIProvider(
        OpenAISettings(api_key=Secret(SECRET), base_url=f"{upstream.url}/v1", api=Api.RESPONSES, model="gpt-5")
    )
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAA"}
    call = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "a"}}
    items: Any = [{"role": "user", "content": "Hi"}, thought, call, {**thought, "id": "rs_2"}]
    assert [event async for event in Subject(it, upstream).ask(items)]
    assert [item.get("id") for item in upstream.requests[-1].body["input"]] == [None, "rs_1", "ws_1"]
    await it.aclose()


async def test_a_call_keeps_its_namespace_and_its_caller(upstream: Upstream) -> None:
    it = provider(upstream)
    caller = {"type": "program", "caller_id": "prg_1"}
    call = {"type": "function_call", "call_id": "c1", "name": "spaced", "arguments": "{}"}
    items: Any = [
        {"role": "user", "content": "Hi"},
        {**call, "id": "fc_1", "namespace": "rooms", "caller": caller},
        {"type": "function_call_output", "call_id": "c1", "output": "ok", "caller": caller},
    ]
    assert [event async for event in Subject(it, upstream).ask(items)]
    _, sent, result = upstream.requests[-1].body["input"]
    assert sent == {**call, "namespace": "rooms", "caller": caller}
    assert result["caller"] == caller
    await it.aclose()


async def _answered(subject: Subject) -> None:
    assert [event async for event in subject.ask(tools=[weather, clock])]


@pytest.mark.parametrize(("approved", "requests"), [(True, 1), (False, 2)])
async def test_a_request_that_lets_a_hosted_server_act_is_sent_once(approved: bool, requests: int) -> None:
    """The call that the user approved may have been made although its request failed."""
    asked = {"type": "mcp_approval_request", "id": "mcpr_1", "server_label": "bank", "name": "wire", "arguments": "{}"}
    response = {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": approved}
    items: list[Any] = [{"role": "user", "content": "Pay"}, asked, response]
    async with Upstream() as upstream:
        upstream.script(json_reply(503, {"error": {"message": "busy", "code": "overloaded"}}))
        upstream.always(Responses().text("Paid."))
        own = provider(upstream)
        events = own.model("gpt-5").stream_response(
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
        with suppress(ModelError):
            assert [event async for event in events]
        assert len(upstream.requests) == requests
        await own.aclose()
