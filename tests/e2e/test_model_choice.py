"""Several providers at once: choosing one for a message, changing over in a thread, stepping in for another."""

import itertools
import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Any

import msgspec
import pytest

from tests.chatkit_client import ChatKitClient, Exchange, user_input
from tests.fakes.dialects import SECRET, Call, Dialect
from tests.fakes.gemini_wire import GeminiChat
from tests.fakes.litellm_upstreams import AnthropicMessages
from tests.fakes.responses_wire import Responses
from tests.fakes.upstream import Hold, Upstream, stream
from tests.server import ServerProcess, running

MODELS = {
    "gemini": "gemini/gemini-3-flash",
    "openai": "openai/gpt-5-mini",
    "litellm": "litellm/anthropic/claude-sonnet-4-5",
}
DIALECTS: dict[str, Dialect] = {"gemini": GeminiChat(), "openai": Responses(), "litellm": AnthropicMessages()}


class Parlour(msgspec.Struct):
    """A server with three providers, and the upstream of each."""

    server: ServerProcess
    client: ChatKitClient
    upstreams: dict[str, Upstream]

    async def say(self, text: str, provider: str, thread_id: str | None = None, **options: Any) -> Exchange:
        """A message for a model of that provider."""
        given = user_input(text, inference_options={"model": MODELS[provider], **options})
        if thread_id is None:
            return Exchange(await self.client.events("threads.create", input=given))
        events = await self.client.events("threads.add_user_message", input=given, thread_id=thread_id)
        return Exchange(events, thread_id)

    def told(self, provider: str) -> str:
        """What the provider was last sent."""
        return json.dumps(self.upstreams[provider].requests[-1].body, ensure_ascii=False)


@pytest.fixture(scope="module")
async def parlour(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Parlour, None]:
    async with AsyncExitStack() as stack:
        upstreams = {
            name: await stack.enter_async_context(Upstream(dialect.guard)) for name, dialect in DIALECTS.items()
        }
        environment = {
            "LLM_PROVIDER": "gemini",
            "GEMINI_API_KEY": SECRET,
            "GEMINI_MODEL": "gemini-3-flash",
            "GEMINI_BASE_URL": f"{upstreams['gemini'].url}/v1beta/openai/",
            "OPENAI_API_KEY": SECRET,
            "OPENAI_MODEL": "gpt-5-mini",
            "OPENAI_BASE_URL": f"{upstreams['openai'].url}/v1",
            "OPENAI_API": "responses",
            "LITELLM_MODEL": "anthropic/claude-sonnet-4-5",
            "LITELLM_BASE_URL": upstreams["litellm"].url,
            "ANTHROPIC_API_KEY": SECRET,
            "LLM_MODELS": ",".join(MODELS.values()),
            "LLM_FALLBACKS": MODELS["openai"],
            "ON_DISCONNECT": "cancel",
        }
        server = await stack.enter_async_context(running(tmp_path_factory.mktemp("parlour"), environment))
        client = await stack.enter_async_context(ChatKitClient(server.url))
        yield Parlour(server, client, upstreams)


@pytest.mark.parametrize(("first", "second"), [*itertools.permutations(MODELS, 2)])
async def test_a_thread_created_on_one_replica_continues_on_any_other(
    parlour: Parlour, first: str, second: str
) -> None:
    begun, next_one = DIALECTS[first], DIALECTS[second]
    title = f"from {first} to {second}"
    create = begun.calls(Call("create_task", {"title": title}), Call("get_task", {"task": title}))
    parlour.upstreams[first].script(create, begun.text("Added."))
    exchange = await parlour.say("Add it", first)
    assert (exchange.text, exchange.error) == ("Added.", None)

    complete = next_one.calls(Call("complete_task", {"task": title}))
    parlour.upstreams[second].script(complete, next_one.text("Done."))
    gone_on = await parlour.say("Complete it", second, exchange.thread_id)
    assert (gone_on.text, gone_on.error) == ("Done.", None)
    told = parlour.told(second)
    order = [told.index(words) for words in ("Add it", "create_task", "Added.", "Complete it", "complete_task")]
    assert order == sorted(order)

    parlour.upstreams[first].script(begun.text("Back again."))
    back = await parlour.say("And back", first, exchange.thread_id)
    assert (back.text, back.error) == ("Back again.", None)
    assert "complete_task" in parlour.told(first)


async def test_the_picker_offers_what_is_allowed_the_default_first(parlour: Parlour) -> None:
    offered = (await parlour.client.http.get("/api/models")).json()
    assert [model["id"] for model in offered] == list(MODELS.values())
    assert [model["default"] for model in offered] == [True, False, False]
    assert all(model["capabilities"]["tools"] for model in offered)


@pytest.mark.parametrize("options", [{"model": "gemini/gemini-9"}, {"model": "gpt-4"}, {"tool_choice": {"id": "fly"}}])
async def test_what_is_not_offered_is_refused_with_what_is(parlour: Parlour, options: dict[str, Any]) -> None:
    before = await parlour.client.call("threads.list", limit=100)
    problem = await parlour.client.refused("threads.create", input=user_input("hi", inference_options=options))
    assert "Choose one of" in problem["message"]
    assert await parlour.client.call("threads.list", limit=100) == before


async def test_a_chosen_tool_is_asked_for(parlour: Parlour) -> None:
    dialect = DIALECTS["gemini"]
    parlour.upstreams["gemini"].script(dialect.calls(Call("list_tasks", {})), dialect.text("There."))
    exchange = await parlour.say("go", "gemini", tool_choice={"id": "list_tasks"})
    assert exchange.error is None
    first, second = parlour.upstreams["gemini"].requests[-2:]
    assert first.body["tool_choice"] == {"type": "function", "function": {"name": "list_tasks"}}
    assert second.body.get("tool_choice", "auto") == "auto", "it is free again once the tool was used"


async def test_another_steps_in_before_the_first_word(parlour: Parlour) -> None:
    busy = DIALECTS["gemini"].refusal(429, "RESOURCE_EXHAUSTED", "slow down", {"retry-after": "300"})
    parlour.upstreams["gemini"].script(busy)
    parlour.upstreams["openai"].script(DIALECTS["openai"].text("I step in."))
    exchange = await parlour.say("Hello?", "gemini")
    assert (exchange.text, exchange.error) == ("I step in.", None)
    [line] = [line for line in parlour.server.log.splitlines() if "fallback model chosen" in line][-1:]
    assert "gemini/gemini-3-flash" in line
    assert "rate_limited" in line
    assert "next=openai/gpt-5-mini" in line


async def test_no_fallback_after_the_first_word(parlour: Parlour) -> None:
    dialect = DIALECTS["gemini"]
    parlour.upstreams["gemini"].script(stream(*dialect.begin("Half an ", "answer"), framing="close"))
    asked = len(parlour.upstreams["openai"].requests)
    exchange = await parlour.say("Hello?", "gemini")
    assert exchange.error is not None
    assert exchange.error.allow_retry
    assert exchange.text == "Half an answer", "what was shown is kept"
    assert len(parlour.upstreams["openai"].requests) == asked


async def test_stop_closes_the_models_request(parlour: Parlour) -> None:
    upstream, dialect = parlour.upstreams["gemini"], DIALECTS["gemini"]
    upstream.hung_up.clear()
    upstream.script(stream(*dialect.begin("One ", "two "), Hold()))
    given = user_input("count", inference_options={"model": MODELS["gemini"]})
    async with ChatKitClient(parlour.server.url) as leaving:
        async for event in leaving.stream("threads.create", input=given):
            if "two" in event.model_dump_json():
                break
    await upstream.hung_up.wait()


async def test_a_bad_choice_of_models_stops_the_start(tmp_path_factory: pytest.TempPathFactory) -> None:
    environment = {"LLM_MODELS": "skynet/t800,openai/gpt-4o", "LLM_FALLBACKS": "gemini"}
    server = ServerProcess(tmp_path_factory.mktemp("bad"), environment)
    await server.spawn()
    assert await server.wait() == 2
    for words in ("LLM_MODELS: there is no provider 'skynet'", "OPENAI_API_KEY", "LLM_FALLBACKS: expected"):
        assert words in server.log
