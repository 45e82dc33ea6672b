"""Contract of `ModelProvider` for a provider without a network: events, history, and the end of a stream."""

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, cast

import pytest
from agents import ItemHelpers, ModelResponse, ModelSettings, ModelTracing, Tool, function_tool
from agents.items import TResponseInputItem, TResponseStreamEvent
from hypothesis import given, settings
from hypothesis import strategies as st

from app.adapters.providers.demo.plugin import plugin
from app.adapters.providers.demo.provider import DemoProvider
from app.adapters.providers.demo.settings import DemoSettings
from app.ports.model_provider import Capabilities
from tests.contracts.response_events import Heard, check_events, heard
from tests.fakes.dialects import Call
from tests.fakes.histories import HISTORIES

TODAY = dt.date(2026, 11, 21)
BOUND = 15.0  # Timeout in seconds of a test for an end.


@function_tool
async def create_task(title: str) -> str:
    """Add a task."""
    return title


@function_tool
async def complete_task(task: str) -> str:
    """Complete a task."""
    return task


def user(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def called(output: str) -> list[dict[str, Any]]:
    """Return a tool call and its result."""
    call = {"type": "function_call", "call_id": "call_1", "name": "create_task", "arguments": "{}"}
    return [call, {"type": "function_call_output", "call_id": "call_1", "output": output}]


def request(asked: object, tools: Sequence[Tool], chosen: str | None) -> tuple[Any, ...]:
    items = cast(str | list[TResponseInputItem], asked)
    return ("Be brief.", items, ModelSettings(tool_choice=chosen), list(tools), None, [], ModelTracing.DISABLED)


IDS: dict[str, Any] = {"previous_response_id": None, "conversation_id": None, "prompt": None}


def ask(
    asked: object, *, tools: Sequence[Tool] = (), chosen: str | None = None, delay_ms: int = 0
) -> AsyncGenerator[TResponseStreamEvent, None]:
    """Return the events of one response."""
    model = DemoProvider(DemoSettings(delay_ms=delay_ms), today=lambda: TODAY).model("demo")
    events = model.stream_response(*request(asked, tools, chosen), **IDS)
    return cast(AsyncGenerator[TResponseStreamEvent, None], events)


async def answer(asked: object, **more: Any) -> Heard:
    """Return the content of a response whose events are in order."""
    events = [event async for event in ask(asked, **more)]
    check_events(events)
    return heard(events)


TOOLS = (create_task, complete_task)
MILK = Heard(calls=(Call("create_task", {"title": "milk"}),))


def test_it_is_chosen_when_nothing_else_is_and_needs_nothing() -> None:
    assert plugin.missing(DemoSettings()) == ""
    assert not plugin.detect(DemoSettings())
    assert plugin.rank > 100


async def test_it_says_what_it_is_and_is_always_there() -> None:
    provider = cast(DemoProvider, plugin.build(DemoSettings()))
    [model] = provider.models()
    assert model.name == provider.default_model
    assert model.capabilities == Capabilities(parallel_tools=False, instructable=False)
    assert provider.base_url is None
    await provider.check()
    await provider.aclose()
    await provider.aclose()


async def test_text_arrives_word_by_word() -> None:
    events = [event async for event in ask("count to 1000")]
    check_events(events)
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert len(deltas) == 1000
    assert [delta.strip() for delta in deltas] == [str(number) for number in range(1, 1001)]
    kinds = [event.type for event in events if not event.type.endswith("delta")]
    assert kinds == [
        "response.created",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]


async def test_a_call_arrives_as_a_call() -> None:
    assert await answer("add milk", tools=TOOLS) == MILK


async def test_a_tool_that_it_was_not_given_is_not_called() -> None:
    told = await answer("add milk", tools=[complete_task])
    assert told.calls == ()
    assert "create_task" in told.text
    assert (await answer("add milk", tools=TOOLS, chosen="none")).calls == ()


async def test_a_tool_that_must_be_used_is_used() -> None:
    assert await answer("milk", tools=TOOLS, chosen="create_task") == MILK
    assert await answer("add milk", tools=TOOLS, chosen="create_task") == MILK
    assert (await answer("thanks", tools=TOOLS, chosen="required")).text == "You are welcome!"


async def test_tokens_are_counted() -> None:
    for asked in ("Hello", "add milk"):
        *_, last = [event async for event in ask(asked, tools=TOOLS)]
        assert last.type == "response.completed"
        usage = last.response.usage
        assert usage is not None
        assert min(usage.input_tokens, usage.output_tokens) > 0
        assert usage.total_tokens == usage.input_tokens + usage.output_tokens


async def test_a_whole_answer_can_be_had_without_streaming() -> None:
    model = DemoProvider(DemoSettings(delay_ms=0)).model("demo")
    response: ModelResponse = await model.get_response(*request("count to 3", (), None), **IDS)
    assert ItemHelpers.extract_text(response.output[0]) == "1 2 3"
    assert response.usage.requests == 1
    assert response.usage.output_tokens > 0


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES.keys())
async def test_history_from_anywhere_is_accepted(history: list[TResponseInputItem]) -> None:
    assert (await answer(history, tools=TOOLS)).text


async def test_the_same_input_gets_the_same_answer() -> None:
    for asked in ("Tell me a story", "add milk tomorrow", "What is love?"):
        assert await answer(asked, tools=TOOLS) == await answer(asked, tools=TOOLS)


@pytest.mark.parametrize(
    "explanation",
    [
        "<HiddenContext>\nadd bread\n</HiddenContext>",
        "The user is referring to this in particular: \nadd bread",
        "# User-provided context for @-mentions\n- add bread",
        "A widget was shown to the user. Its text:\nadd bread",
    ],
)
async def test_what_only_explains_a_message_is_not_taken_for_it(explanation: str) -> None:
    assert await answer([user("add milk"), user(explanation)], tools=TOOLS) == MILK


async def test_the_newest_of_several_unanswered_messages_is_answered() -> None:
    assert await answer([user("Tell me a story"), user("add milk")], tools=TOOLS) == MILK


async def test_a_message_with_an_attachment_is_its_text() -> None:
    attached = user("add milk")
    attached["content"].append({"type": "input_text", "text": "[The user attached the file 'a.txt'.]"})
    assert await answer([attached], tools=TOOLS) == MILK


async def test_it_is_what_the_history_says() -> None:
    created = called('{"created": {"id": "task_1", "title": "milk"}}')
    elsewhere = called("This was not done. There is no task “moon”.")
    said = {"role": "assistant", "content": "I added it."}
    completed = Heard(calls=(Call("complete_task", {"task": "task_1"}),))
    assert await answer([user("add milk"), *created, said, user("complete it")], tools=TOOLS) == completed
    assert await answer([*created, said, *elsewhere, said, user("complete it")], tools=TOOLS) == completed
    assert "Which task" in (await answer([user("complete it")], tools=TOOLS)).text


async def test_after_a_tool_the_answer_uses_its_result() -> None:
    assert "milk" in (await answer([user("add milk"), *called('{"created": {"title": "milk"}}')], tools=TOOLS)).text
    assert await answer([user("add milk"), *called("This was not done. It rains.")]) == Heard(text="It rains.")


TEXTS = st.text() | st.sampled_from(["add ", "delete it", "what's left?", "count to 9"]).flatmap(
    lambda beginning: st.text().map(lambda rest: beginning + rest)
)
TURNS = st.builds(user, TEXTS) | st.builds(lambda text: {"role": "assistant", "content": text}, TEXTS)
INPUTS = TEXTS | st.lists(TURNS | TEXTS.map(lambda text: called(text)[1]), max_size=6)


@settings(max_examples=200, deadline=None)
@given(
    INPUTS, st.sampled_from([(), TOOLS[:1], TOOLS[1:], TOOLS]), st.sampled_from([None, "none", "auto", "create_task"])
)
async def test_any_input_gets_a_well_formed_stream_that_ends(
    asked: object, tools: Sequence[Tool], chosen: str | None
) -> None:
    async with asyncio.timeout(BOUND):
        said = await answer(asked, tools=tools, chosen=chosen)
    assert bool(said.text) != bool(said.calls)
    assert {call.name for call in said.calls} <= {tool.name for tool in tools}


async def until_spoken(events: AsyncGenerator[TResponseStreamEvent, None]) -> None:
    async for event in events:
        if event.type == "response.output_text.delta":
            return


async def test_closing_the_stream_ends_it() -> None:
    async with asyncio.timeout(BOUND), aclosing(ask("count to 1000", delay_ms=1000)) as events:
        await until_spoken(events)


async def test_cancelling_ends_it_in_the_middle_of_a_word() -> None:
    spoken = asyncio.Event()

    async def listen() -> None:
        events = ask("count to 1000", delay_ms=1000)
        await until_spoken(events)
        spoken.set()
        await anext(events)

    async with asyncio.timeout(BOUND):
        listening = asyncio.create_task(listen())
        await spoken.wait()
        listening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await listening
