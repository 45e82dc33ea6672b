"""Hosted tools of the Responses API, over HTTP: steps, and the same requests as the Agents SDK alone makes."""

import json
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
import pytest
from agents import Agent, ModelSettings, OpenAIResponsesModel, RunConfig, Runner
from chatkit.types import ThreadItemUpdatedEvent, WorkflowItem, WorkflowTaskUpdated
from openai import AsyncOpenAI

from tests.assistants.hosted import TOOLS
from tests.chatkit_client import ChatKitClient, Exchange
from tests.fakes.dialects import SECRET, Call
from tests.fakes.hosted_wire import Hosted
from tests.fakes.upstream import Upstream, stream
from tests.server import running

WIRE = Hosted()
TOKENS = WIRE.response("completed", [])["usage"]["total_tokens"]
IMAGE = "image_generation_call"
STEPS = ["web_search_call", "file_search_call", "code_interpreter_call", "mcp_call"]


class Table(msgspec.Struct):
    """An assistant with hosted tools, and the service that runs them."""

    client: ChatKitClient
    upstream: Upstream

    async def tokens(self) -> int:
        """The tokens that count against the user's quota so far."""
        used: int = (await self.client.http.get("/api/usage")).json()["tokens"]["used"]
        return used

    def sent(self, request: int = -1) -> list[Any]:
        """The input of a request."""
        return [*self.upstream.requests[request].body["input"]]


@pytest.fixture(scope="module")
async def table(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Table, None]:
    async with Upstream(WIRE.guard) as upstream:
        environment = {
            "ASSISTANT": "tests.assistants.hosted:assistant",
            "OPENAI_API_KEY": SECRET,
            "OPENAI_API": "responses",
            "OPENAI_BASE_URL": f"{upstream.url}/v1",
            "OPENAI_MODEL": "gpt-4.1",
            "LLM_MODELS": "openai/gpt-4.1,openai/gpt-4o",
            "QUOTA_TOKENS_PER_DAY": "1000000",
        }
        async with (
            running(tmp_path_factory.mktemp("hosted"), environment) as server,
            ChatKitClient(server.url) as client,
        ):
            yield Table(client, upstream)


def steps(exchange: Exchange) -> list[Any]:
    return [task for item in exchange.items if isinstance(item, WorkflowItem) for task in item.workflow.tasks]


async def requests_alone(upstream: Upstream, question: str) -> int:
    """How many requests the Agents SDK makes without this server."""
    before = len(upstream.requests)
    client = AsyncOpenAI(api_key=SECRET, base_url=f"{upstream.url}/v1")
    model = OpenAIResponsesModel(model="gpt-4.1", openai_client=client)
    agent = Agent(name="Bare", model=model, tools=[*TOOLS], model_settings=ModelSettings(store=False))
    result = Runner.run_streamed(agent, question, run_config=RunConfig(tracing_disabled=True))
    assert [event async for event in result.stream_events()]
    await client.close()
    return len(upstream.requests) - before


@pytest.mark.parametrize("kind", [*STEPS, IMAGE])
async def test_a_hosted_call_takes_as_many_requests_as_with_the_sdk_alone(table: Table, kind: str) -> None:
    table.upstream.always(WIRE.when_told(kind))
    alone = await requests_alone(table.upstream, "Go.")
    before, used = len(table.upstream.requests), await table.tokens()
    exchange = await table.client.say("Go.")
    assert len(table.upstream.requests) - before == alone == 2
    assert await table.tokens() - used == 2 * TOKENS
    assert (exchange.text, exchange.error) == ("Done.", None)
    [told] = [item for item in table.sent() if item.get("type") == kind]
    assert told["id"]


async def test_a_call_and_a_text_in_one_response_take_one_request(table: Table) -> None:
    for kind in STEPS:
        table.upstream.always(WIRE.used(kind, text="Done."))
        before = len(table.upstream.requests)
        exchange = await table.client.say("Go.")
        assert (len(table.upstream.requests) - before, exchange.text) == (1, "Done."), kind


async def test_a_call_is_a_step_with_what_it_found(table: Table) -> None:
    shown: dict[str, Any] = {}
    for kind in STEPS:
        table.upstream.always(WIRE.used(kind, text="Done."))
        exchange = await table.client.say("Go.")
        [shown[kind]] = steps(exchange)
        assert shown[kind].status_indicator == "complete"
        updates = [event.update for event in exchange.events if isinstance(event, ThreadItemUpdatedEvent)]
        assert any(isinstance(update, WorkflowTaskUpdated) for update in updates)
    search, files, code, mcp = (shown[kind] for kind in STEPS)
    assert (search.type, search.title, search.queries) == (
        "web_search",
        "Web search: weather in Bonn",
        ["weather in Bonn"],
    )
    assert [(source.url, source.title) for source in search.sources] == [
        ("https://www.weather.example/bonn", "weather.example")
    ]
    assert (files.type, files.title) == ("file", "File search: holidays")
    assert [(source.filename, source.title) for source in files.sources] == [("handbook.pdf", "handbook.pdf")]
    assert (code.type, code.title) == ("custom", "Running code")
    assert code.content == "```python\nprint(6 * 7)\n```\n\n```\n42\n```"
    assert (mcp.type, mcp.title) == ("custom", "Read wiki · wiki")


async def test_the_next_turn_and_another_model_are_told(table: Table) -> None:
    for kind in [*STEPS, "shiny_call"]:
        table.upstream.always(WIRE.used(kind, text="Done."))
        thread = (await table.client.say("Go.")).thread_id
        table.upstream.always(WIRE.text("And?"))
        await table.client.say("Again.", thread)
        assert [item["id"] for item in table.sent() if item.get("type") == kind], kind
        table.upstream.always(WIRE.text("Well."))
        other = {"content": [{"type": "input_text", "text": "You?"}], "attachments": [], "quoted_text": ""}
        chosen = {**other, "inference_options": {"model": "openai/gpt-4o"}}
        await table.client.events("threads.add_user_message", input=chosen, thread_id=thread)
        sent = table.sent()
        assert table.upstream.requests[-1].body["model"] == "gpt-4o"
        assert kind not in [item.get("type") for item in sent]
        outputs = [item["output"] for item in sent if item.get("type") == "function_call_output"]
        expected = {"file_search_call": "Thirty days.", "code_interpreter_call": "42", "mcp_call": "A city."}
        assert expected.get(kind, "") in json.dumps(outputs)


async def test_a_call_of_an_unknown_type_is_shown_and_told(table: Table) -> None:
    table.upstream.always(WIRE.when_told("shiny_call"))
    before = len(table.upstream.requests)
    exchange = await table.client.say("Go.")
    assert (len(table.upstream.requests) - before, exchange.text, exchange.error) == (2, "Done.", None)
    assert [step.title for step in steps(exchange)] == ["Shiny"]
    [told] = [item for item in table.sent() if item.get("type") == "shiny_call"]
    assert told["payload"] == {"shine": 11}


async def test_an_event_without_its_content_harms_nothing(table: Table) -> None:
    whole = WIRE.item(IMAGE)
    about = {"item_id": whole["id"], "output_index": 0}
    table.upstream.script(
        stream(
            WIRE.event("response.created", response=WIRE.response("in_progress", [], usage=None)),
            WIRE.event("response.image_generation_call.partial_image", **about),
            WIRE.event("response.image_generation_call.partial_image", partial_image_b64=None, **about),
            WIRE.event("response.output_item.done", output_index=0, item=whole),
            WIRE.event("response.code_interpreter_call_code.delta", item_id="ci_1", output_index=1),
            WIRE.event("response.output_text.annotation.added", item_id="m", output_index=2, content_index=0),
            WIRE.event("response.shiny_call.glitter", output_index=3),
            WIRE.event("response.completed", response=WIRE.response("completed", [whole, WIRE.said("Done.")])),
        )
    )
    exchange = await table.client.say("Go.")
    assert exchange.error is None
    assert {item.type for item in exchange.items} >= {"generated_image", "workflow"}


async def test_an_agent_behind_a_tool_may_use_them_as_well(table: Table) -> None:
    for kind in [*STEPS, IMAGE, "shiny_call"]:
        before = len(table.upstream.requests)
        asked = WIRE.calls(Call("ask_searcher", {"input": "What?"}))
        table.upstream.script(asked, WIRE.when_told(kind), WIRE.when_told(kind), WIRE.text("It is done."))
        exchange = await table.client.say("Go.")
        assert (exchange.text, exchange.error) == ("It is done.", None), kind
        assert len(table.upstream.requests) - before == 4
        outputs = [item["output"] for item in table.sent() if item.get("type") == "function_call_output"]
        assert outputs == ["Done."]
        assert [step.title for step in steps(exchange)] == ["Ask searcher"]


async def test_a_call_of_an_unknown_shape_or_that_failed_has_a_step_and_an_answer(table: Table) -> None:
    odd: list[tuple[str, dict[str, Any]]] = [
        ("web_search_call", {"action": {"type": "dream", "of": 1}}),
        ("web_search_call", {"action": "none", "status": "failed"}),
        ("file_search_call", {"queries": None, "results": "none"}),
        ("code_interpreter_call", {"outputs": [1], "code": None}),
        ("mcp_call", {"name": None, "arguments": "{", "output": None, "error": {"type": "mcp", "message": "no"}}),
        ("mcp_list_tools", {"tools": None, "error": "no"}),
        ("shiny_call", {"id": None}),
    ]
    for kind, fields in odd:
        table.upstream.always(WIRE.used(kind, text="Done.", **fields))
        exchange = await table.client.say("Go.")
        assert (exchange.text, exchange.error) == ("Done.", None), (kind, fields)
        assert len(steps(exchange)) == 1
        failed = "error" in fields or fields.get("status") == "failed"
        assert ("failed" in steps(exchange)[0].title) == failed
        table.upstream.always(WIRE.text("And?"))
        assert (await table.client.say("Again.", exchange.thread_id)).text == "And?"
