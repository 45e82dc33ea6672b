"""Thoughts of models that reason: asked for by the settings, shown as tasks of a workflow, and nowhere else."""

import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
from chatkit.types import WorkflowItem

from tests.chatkit_client import ChatKitClient, Exchange, user_input
from tests.fakes.chat_wire import OpenAIChat
from tests.fakes.dialects import SECRET, Call, Dialect
from tests.fakes.gemini_wire import GeminiChat
from tests.fakes.responses_wire import Responses
from tests.fakes.upstream import Reply, Request, Upstream, stream
from tests.server import ServerProcess, running

RESPONSES, GEMINI = Responses(), GeminiChat()
THOUGHT = {"google": {"thought": True}}
MODELS = {"openai": "openai/gpt-5-mini", "gemini": "gemini/gemini-2.5-flash"}


def gemini_reasoned(*thoughts: str, text: str) -> Reply:
    """What Gemini sends when thoughts are included: marked text, and a closing tag glued to the answer."""
    frames = [GEMINI.frame({"content": f"<thought>{thoughts[0]}", "extra_content": THOUGHT})]
    frames += [GEMINI.frame({"content": thought, "extra_content": THOUGHT}) for thought in thoughts[1:]]
    return stream(*frames, GEMINI.frame({"content": f"</thought>{text}"}), *GEMINI.end())


class Talk(msgspec.Struct):
    """A server with two providers that reason, and the upstream of each."""

    server: ServerProcess
    client: ChatKitClient
    upstreams: dict[str, Upstream]

    async def say(self, text: str, provider: str = "openai", thread_id: str | None = None) -> Exchange:
        given = user_input(text, inference_options={"model": MODELS[provider]})
        if thread_id is None:
            return Exchange(await self.client.events("threads.create", input=given))
        events = await self.client.events("threads.add_user_message", input=given, thread_id=thread_id)
        return Exchange(events, thread_id)

    def sent(self, provider: str = "openai") -> Any:
        return self.upstreams[provider].requests[-1].body


async def talking(stack: AsyncExitStack, folder: Path, **more: str) -> Talk:
    dialects: dict[str, Dialect] = {"openai": RESPONSES, "gemini": GEMINI}
    upstreams = {name: await stack.enter_async_context(Upstream(dialect.guard)) for name, dialect in dialects.items()}
    environment = {
        "LLM_PROVIDER": "openai",
        "LLM_MODELS": ",".join(MODELS.values()),
        "OPENAI_API_KEY": SECRET,
        "OPENAI_MODEL": "gpt-5-mini",
        "OPENAI_BASE_URL": f"{upstreams['openai'].url}/v1",
        "OPENAI_API": "responses",
        "GEMINI_API_KEY": SECRET,
        "GEMINI_BASE_URL": f"{upstreams['gemini'].url}/v1beta/openai/",
        "TITLES": "off",
        "LLM_RETRIES": "0",
        **more,
    }
    server = await stack.enter_async_context(running(folder, environment))
    return Talk(server, await stack.enter_async_context(ChatKitClient(server.url)), upstreams)


@pytest.fixture(scope="module")
async def talk(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Talk, None]:
    """With the settings as they come."""
    async with AsyncExitStack() as stack:
        yield await talking(stack, tmp_path_factory.mktemp("thoughts"))


@pytest.fixture(scope="module")
async def quiet(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Talk, None]:
    """With little effort, and without thoughts."""
    async with AsyncExitStack() as stack:
        settings = {"REASONING_EFFORT": "low", "REASONING_SUMMARY": "off"}
        yield await talking(stack, tmp_path_factory.mktemp("quiet"), **settings)


def thoughts(exchange: Exchange) -> list[str]:
    tasks = [task for item in exchange.items if isinstance(item, WorkflowItem) for task in item.workflow.tasks]
    return [task.content for task in tasks if task.type == "thought"]


async def test_every_part_of_a_summary_is_a_thought_in_the_workflow(talk: Talk) -> None:
    talk.upstreams["openai"].script(RESPONSES.reasoned(["**Looking**", "**Weighing**"], "Hello"))
    exchange = await talk.say("Hi")
    assert (exchange.text, exchange.error) == ("Hello", None)
    assert thoughts(exchange) == ["**Looking**", "**Weighing**"]
    assert talk.sent()["reasoning"] == {"summary": "auto"}, "the effort is the model's own"
    assert talk.sent()["include"] == ["reasoning.encrypted_content"]
    assert talk.sent()["store"] is False
    [workflow] = [item for item in exchange.items if isinstance(item, WorkflowItem)]
    assert workflow.workflow.type == "reasoning"
    assert [task.status_indicator for task in workflow.workflow.tasks] == ["complete", "complete"]
    stored = await talk.client.call("items.list", thread_id=exchange.thread_id, limit=100)
    kept = next(item for item in stored["data"] if item["type"] == "workflow")
    assert [task["content"] for task in kept["workflow"]["tasks"]] == thoughts(exchange)


async def test_raw_reasoning_of_an_open_model_is_shown_as_well(talk: Talk) -> None:
    talk.upstreams["openai"].script(RESPONSES.reasoned(["We need a greeting."], "Hello", raw=True))
    exchange = await talk.say("Hi")
    assert (exchange.text, thoughts(exchange)) == ("Hello", ["We need a greeting."])


async def test_geminis_thoughts_are_asked_for_and_never_in_the_text(talk: Talk) -> None:
    talk.upstreams["gemini"].script(gemini_reasoned("Hm, ", "well.", text="Hello"))
    exchange = await talk.say("Hi", "gemini")
    assert (exchange.text, exchange.error) == ("Hello", None)
    assert thoughts(exchange) == ["Hm, well."]
    config = talk.sent("gemini")["extra_body"]["google"]["thinking_config"]
    assert config == {"include_thoughts": True}


async def test_thoughts_are_sent_to_no_other_model(talk: Talk) -> None:
    talk.upstreams["gemini"].script(gemini_reasoned("A secret plan.", text="Hello"))
    first = await talk.say("Hi", "gemini")
    talk.upstreams["openai"].script(RESPONSES.reasoned(["Another plan."], "Good."))
    await talk.say("And?", "openai", first.thread_id)
    assert "Hello" in json.dumps(talk.sent())
    assert "secret plan" not in json.dumps(talk.sent())
    talk.upstreams["gemini"].script(GEMINI.text("Fine."))
    await talk.say("And now?", "gemini", first.thread_id)
    assert "Good." in json.dumps(talk.sent("gemini"))
    assert "plan" not in json.dumps(talk.sent("gemini"))


async def test_thoughts_around_a_tool_share_its_workflow_and_their_order(talk: Talk) -> None:
    call = RESPONSES.calls(Call("get_task", {"task": "milk"}))
    talk.upstreams["openai"].script(call, RESPONSES.reasoned(["Nothing to do."], "All done."))
    exchange = await talk.say("What is there to do?")
    [workflow] = [item for item in exchange.items if isinstance(item, WorkflowItem)]
    assert [task.type for task in workflow.workflow.tasks] == ["custom", "thought"]
    assert exchange.text == "All done."


@pytest.mark.parametrize("provider", ["openai", "gemini"])
async def test_a_response_with_thoughts_alone_has_an_end(talk: Talk, provider: str) -> None:
    alone = {"openai": RESPONSES.reasoned(["Hm."], ""), "gemini": gemini_reasoned("Hm.", text="")}
    talk.upstreams[provider].script(alone[provider])
    exchange = await talk.say("Hi", provider)
    assert exchange.error is not None
    assert exchange.error.allow_retry
    assert thoughts(exchange) == ["Hm."]
    again = {"openai": RESPONSES.text("Here I am."), "gemini": GEMINI.text("Here I am.")}
    talk.upstreams[provider].script(again[provider])
    assert (await talk.say("Still there?", provider, exchange.thread_id)).text == "Here I am."


async def test_a_very_long_thought_is_bounded_and_is_not_sent_over_and_over(talk: Talk) -> None:
    pieces = [GEMINI.frame({"content": "a long thought ", "extra_content": THOUGHT}) for _ in range(6_000)]
    pieces[0] = GEMINI.frame({"content": "<thought>", "extra_content": THOUGHT})
    talk.upstreams["gemini"].script(stream(*pieces, GEMINI.frame({"content": "</thought>Hello"}), *GEMINI.end()))
    exchange = await talk.say("Hi", "gemini")
    [thought] = thoughts(exchange)
    assert exchange.text == "Hello"
    assert 40_000 < len(thought) < 60_000
    assert thought.endswith("…")
    assert sum(len(event.model_dump_json()) for event in exchange.events) < 12 * len(thought)


async def test_a_refused_summary_is_left_out_for_all_later_messages_with_one_warning(tmp_path: Path) -> None:
    def unverified(request: Request) -> Reply:
        if "summary" in request.body.get("reasoning", {}):
            words = "Your organization must be verified to generate reasoning summaries."
            return RESPONSES.refusal(400, "unsupported_value", words)
        return RESPONSES.text("Hello")

    async with AsyncExitStack() as stack:
        other = await talking(stack, tmp_path, REASONING_EFFORT="high", REASONING_SUMMARY="detailed")
        other.upstreams["openai"].always(unverified)
        for _ in range(2):
            exchange = await other.say("Hi")
            assert (exchange.text, exchange.error) == ("Hello", None)
        asked = [request.body.get("reasoning") for request in other.upstreams["openai"].requests]
        assert asked == [{"effort": "high", "summary": "detailed"}, {"effort": "high"}, {"effort": "high"}]
        assert other.server.log.count("reasoning parameter refused") == 1
        assert "reasoning.summary" in other.server.log


async def test_off_means_that_thoughts_are_neither_asked_for_nor_shown(quiet: Talk) -> None:
    quiet.upstreams["openai"].script(RESPONSES.reasoned(["Hm."], "Hello", raw=True))
    exchange = await quiet.say("Hi")
    assert (exchange.text, thoughts(exchange)) == ("Hello", [])
    assert quiet.sent()["reasoning"] == {"effort": "low"}
    quiet.upstreams["gemini"].script(gemini_reasoned("Hm.", text="Hello"))
    exchange = await quiet.say("Hi", "gemini")
    assert (exchange.text, thoughts(exchange)) == ("Hello", [])
    assert quiet.sent("gemini")["reasoning_effort"] == "low"
    assert "extra_body" not in quiet.sent("gemini")


async def test_a_model_without_reasoning_is_sent_none_of_it(tmp_path: Path) -> None:
    dialect = OpenAIChat()
    async with Upstream(dialect.guard) as upstream:
        upstream.always(dialect.text("Hello"))
        environment = {
            "OPENAI_API_KEY": SECRET,
            "OPENAI_BASE_URL": f"{upstream.url}/v1",
            "OPENAI_MODEL": "gpt-4o",
            "REASONING_EFFORT": "high",
            "TITLES": "off",
        }
        async with running(tmp_path, environment) as server, ChatKitClient(server.url) as client:
            exchange = await client.say("Hi")
        assert (exchange.text, exchange.error) == ("Hello", None)
        [request] = upstream.requests
        assert not [name for name in request.body if "reason" in name or "think" in name]
