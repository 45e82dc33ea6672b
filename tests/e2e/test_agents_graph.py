"""Agents behind agents, over HTTP: every run asks the provider that the operator chose, and is counted."""

import asyncio
from collections.abc import AsyncGenerator

import msgspec
import pytest
from chatkit.types import ProgressUpdateEvent, ThreadCreatedEvent

from tests.assistants.graph import REFUSED, WAYS
from tests.chatkit_client import ChatKitClient, user_input
from tests.e2e.test_questions import answer
from tests.fakes.dialects import SECRET, Call
from tests.fakes.gemini_wire import GeminiChat
from tests.fakes.upstream import Hold, Reply, Upstream, stream
from tests.server import ServerProcess, running

WIRE = GeminiChat()
TOKENS = WIRE.tokens()["total_tokens"]


class Desk(msgspec.Struct):
    """The desk, the provider that was chosen, and the one that was not, although its key is there."""

    client: ChatKitClient
    server: ServerProcess
    chosen: Upstream
    other: Upstream

    async def tokens(self) -> int:
        """The tokens that count against the user's quota so far."""
        used: int = (await self.client.http.get("/api/usage")).json()["tokens"]["used"]
        return used


@pytest.fixture(scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Desk, None]:
    async with Upstream(WIRE.guard) as chosen, Upstream() as other:
        environment = {
            "ASSISTANT": "tests.assistants.graph:desk",
            "LLM_PROVIDER": "gemini",
            "GEMINI_API_KEY": SECRET,
            "GEMINI_BASE_URL": f"{chosen.url}/v1beta/openai/",
            "GEMINI_MODELS": "gemini-3-pro",
            "QUOTA_TOKENS_PER_DAY": "1000000",
            # Where the SDK's defaults would go: prompts by the address, traces by the proxy.
            "OPENAI_API_KEY": SECRET,
            "OPENAI_BASE_URL": f"{other.url}/v1",
            "HTTPS_PROXY": other.url,
        }
        async with (
            running(tmp_path_factory.mktemp("graph"), environment) as server,
            ChatKitClient(server.url) as client,
        ):
            yield Desk(client, server, chosen, other)


def call(name: str) -> Call:
    return Call(name, {"input": "hello"} if name.startswith("as_") or name == "translate" else {})


async def test_every_run_asks_the_chosen_provider_and_is_counted(desk: Desk) -> None:
    for way in WAYS:
        before, asked = await desk.tokens(), len(desk.chosen.requests)
        nested = [WIRE.text("bonjour")]
        if way == "two_levels_down":
            nested = [WIRE.calls(call("translate")), *nested, WIRE.text("bonjour")]
        desk.chosen.script(WIRE.calls(call(way)), *nested, WIRE.text("It is: bonjour."))
        exchange = await desk.client.say("Translate hello.")
        assert exchange.text == "It is: bonjour.", (way, exchange.error)
        requests = [request.body for request in desk.chosen.requests[asked:]]
        assert len(requests) == len(nested) + 2, way
        assert "bonjour" in str(requests[-1]["messages"][-1]), way
        assert "You translate." in str([request["messages"] for request in requests[1:-1]]), way
        named = way in {"with_a_name", "with_a_configuration_of_words"}
        assert requests[1]["model"] == ("gemini-3-pro" if named else requests[0]["model"]), way
        assert await desk.tokens() - before == TOKENS * len(requests), way
    assert desk.other.connections == 0


async def test_what_leads_elsewhere_is_refused_and_the_answer_goes_on(desk: Desk) -> None:
    for way in REFUSED:
        asked = len(desk.chosen.requests)
        first = [WIRE.calls(Call("go", {}))] if way == "handoff_to_a_model_of_its_own" else []
        desk.chosen.script(WIRE.calls(call(way)), *first, WIRE.text("I could not."))
        exchange = await desk.client.say("Translate hello.")
        assert exchange.text == "I could not.", (way, exchange.error)
        assert len(desk.chosen.requests) - asked == 2 + len(first), way
    assert desk.other.connections == 0


async def test_a_run_that_outlives_its_turn_counts_too(desk: Desk) -> None:
    before, asked = await desk.tokens(), len(desk.chosen.requests)
    desk.chosen.script(WIRE.calls(call("later")), WIRE.text("Soon."), WIRE.text("bonjour"))
    await desk.client.say("Translate hello.")
    await desk.chosen.received(asked + 3)
    while await desk.tokens() < before + 3 * TOKENS:  # The answer has left the upstream, and may not be read yet.
        pass
    assert desk.other.connections == 0


def to_billing() -> Call:
    return Call("transfer_to_billing", {})


async def test_a_handoff_is_a_step_and_its_run_is_told_on_the_next_turn(desk: Desk) -> None:
    desk.chosen.script(WIRE.calls(to_billing()), WIRE.text("Billing here."))
    first = await desk.client.say("A bill, please.")
    assert first.text == "Billing here."
    [step] = [task.title for item in first.items if item.type == "workflow" for task in item.workflow.tasks]
    assert step == "Handing over to Billing"
    desk.chosen.script(WIRE.text("The desk again."))
    await desk.client.say("And now?", first.thread_id)
    messages = desk.chosen.requests[-1].body["messages"]
    assert messages[0]["content"] == "You sort.", "each turn starts at the first agent"
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "tool", "assistant", "user"]
    assert messages[2]["tool_calls"][0]["function"]["name"] == "transfer_to_billing"
    assert "Billing" in messages[3]["content"]


async def test_a_handoff_with_a_filter_and_another_model_is_told_too(desk: Desk) -> None:
    desk.chosen.script(WIRE.calls(Call("transfer_to_archive", {})), WIRE.text("In 1969."))
    first = await desk.client.say("When was it?")
    asked = desk.chosen.requests[-1].body
    assert (asked["model"], [message["role"] for message in asked["messages"]]) == ("gemini-3-pro", ["system", "user"])
    desk.chosen.script(WIRE.text("Yes."))
    again = await desk.client.say("Really?", first.thread_id)
    assert again.text == "Yes.", again.error
    roles = [message["role"] for message in desk.chosen.requests[-1].body["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "user"]


async def test_an_answered_question_goes_on_with_the_agent_that_asked(desk: Desk) -> None:
    desk.chosen.script(WIRE.calls(to_billing()), WIRE.calls(Call("charge", {"amount": 5})))
    question = await desk.client.say("Charge me.")
    desk.chosen.script(WIRE.text("Done."))
    done = await answer(desk.client, question, "yes")
    assert done.text == "Done.", done.error
    messages = desk.chosen.requests[-1].body["messages"]
    assert messages[0]["content"] == "You do billing."
    assert "charged 5, as you said yes" in str(messages)


async def test_an_agent_inside_a_tool_cannot_ask_the_user(desk: Desk) -> None:
    desk.chosen.script(
        WIRE.calls(call("as_cashier")),
        WIRE.calls(Call("charge", {"amount": 5})),
        WIRE.text("How much?"),
        WIRE.text("No."),
    )
    exchange = await desk.client.say("Charge me.")
    assert exchange.text == "No.", exchange.error
    assert "cannot ask the user" in str(desk.chosen.requests[-2].body["messages"])


async def test_a_retried_answer_repeats_no_change_of_any_agent(desk: Desk) -> None:
    def book(what: str) -> Reply:
        return WIRE.calls(Call("book", {"what": what}))

    once = [WIRE.calls(to_billing()), book("a room"), WIRE.text("Booked.")]
    inside = [WIRE.calls(call("as_cashier")), book("a table"), WIRE.text("Booked."), WIRE.text("Done.")]
    # The retried answer words the call of the agent otherwise, so that only its own calls are equal.
    reworded = [WIRE.calls(Call("as_cashier", {"input": "once more"})), *inside[1:]]
    for replies, again in ((once, once), (inside, reworded)):
        desk.chosen.script(*replies)
        first = await desk.client.say("Book it.")
        booked = results(desk, "booked")
        assert len(booked) == 1
        desk.chosen.script(*again)
        message = next(item for item in first.items if item.type == "user_message")
        await desk.client.events("threads.retry_after_item", thread_id=first.thread_id, item_id=message.id)
        assert results(desk, "booked") == booked


def results(desk: Desk, start: str) -> list[str]:
    """The results of this kind that the newest requests told a model."""
    told = [message.get("content") for request in desk.chosen.requests[-3:] for message in request.body["messages"]]
    return sorted({str(content) for content in told if str(content).startswith(start)})


async def test_a_failed_run_inside_a_tool_counts_its_requests(desk: Desk) -> None:
    before = await desk.tokens()
    desk.chosen.script(WIRE.calls(call("two_levels_down")), WIRE.calls(call("translate")), WIRE.refused_key())
    desk.chosen.script(WIRE.text("I am told that it failed."), WIRE.text("It failed."))
    exchange = await desk.client.say("Translate hello.")
    assert exchange.text == "It failed.", exchange.error
    assert await desk.tokens() - before == 4 * TOKENS, "of five requests one was refused"


async def test_stop_ends_a_run_that_a_thread_waits_for(desk: Desk) -> None:
    desk.chosen.hung_up.clear()
    before, asked = await desk.tokens(), len(desk.chosen.requests)
    desk.chosen.script(WIRE.calls(call("blocking")), stream(*WIRE.begin("bon"), Hold()))
    thread = ""
    async for event in desk.client.stream("threads.create", input=user_input("Translate hello.")):
        thread = event.thread.id if isinstance(event, ThreadCreatedEvent) else thread
        if isinstance(event, ProgressUpdateEvent):
            await desk.chosen.received(asked + 2)
            await desk.client.http.post(f"/api/threads/{thread}/stop")
    await asyncio.wait_for(desk.chosen.hung_up.wait(), 10)
    assert await desk.tokens() - before == TOKENS
