"""Runs that wait: what they store, what changes meanwhile, and what breaks them off when they go on."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from agents import Agent, AgentHooks, function_tool
from agents.testing import ModelStep
from chatkit.types import AssistantMessageItem
from structlog.testing import capture_logs

from app.adapters.agents_sdk.approvals.interrupted_run import UnstorableRunError
from app.adapters.agents_sdk.assistant import Assistant
from app.application.conversation.approvals import UNKNOWN
from app.domain.errors import AlreadyDecidedError, AnyportError
from app.ports.model_provider import ModelError
from tests.integration.approvals.desk import ADA, DONE, FAILED, ONCE, THREAD, Desk, form_in, look, pays


async def gone(desk: Desk) -> None:
    desk.assistant = lambda desk: Assistant(agent=desk.clerk(look))


async def renamed(desk: Desk) -> None:
    desk.assistant = lambda desk: Assistant(agent=desk.clerk(desk.pay(name_override="transfer"), look))


async def changed(desk: Desk) -> None:
    @function_tool(needs_approval=True)
    def pay(to: str, amount: int, currency: str = "EUR") -> str:
        """Pay somebody."""
        desk.paid.append((to, amount))
        return "paid"

    desk.assistant = lambda desk: Assistant(agent=desk.clerk(pay))


async def agent_renamed(desk: Desk) -> None:
    desk.assistant = lambda desk: Assistant(agent=Agent(name="Somebody", instructions="You pay.", tools=[desk.pay()]))


async def of_a_later_sdk(desk: Desk) -> None:
    record = await desk.record()
    state = record.approvals.state.replace('"$schemaVersion":"1', '"$schemaVersion":"99')
    assert state != record.approvals.state
    waiting = msgspec.structs.replace(record.approvals, state=state)
    await desk.storage.turn_log.save(msgspec.structs.replace(record, approvals=waiting), ADA)


async def broken(desk: Desk) -> None:
    record = await desk.record()
    waiting = msgspec.structs.replace(record.approvals, state='{"$schemaVersion": [')
    await desk.storage.turn_log.save(msgspec.structs.replace(record, approvals=waiting), ADA)


@pytest.mark.parametrize("happens", [gone, renamed, changed, agent_renamed, of_a_later_sdk, broken])
async def test_what_changed_while_a_call_waited_has_a_readable_end(happens: Callable[[Desk], Any]) -> None:
    desk = Desk()
    form = form_in(await desk.say("Pay Bo", [pays("Bo")]))
    await happens(desk)
    *_, item = await desk.decide(form, ONCE)
    assert isinstance(item, AssistantMessageItem)
    assert desk.paid == []
    assert "This was not done" in desk.outputs()["call_pay"]
    assert [one.verdict for one in await desk.storage.approvals.load(THREAD, ADA)] == ["approved"]
    *_, item = await desk.say("And now?", DONE)
    assert isinstance(item, AssistantMessageItem)
    assert "This was not done" in desk.outputs()["call_pay"]


async def test_a_waiting_run_that_lost_a_part_has_a_readable_end() -> None:
    parts = ["$schemaVersion", "current_agent", "context", "model_responses", "current_step", "last_processed_response"]
    for part in parts:
        for broken in (None, 7, [7], {"a": 1}):
            desk = Desk()
            form = form_in(await desk.say("Pay Bo", [pays("Bo")]))
            record = await desk.record()
            state = json.dumps({**json.loads(record.approvals.state), part: broken})
            waiting = msgspec.structs.replace(record.approvals, state=state)
            await desk.storage.turn_log.save(msgspec.structs.replace(record, approvals=waiting), ADA)
            with suppress(AnyportError), capture_logs():
                await desk.decide(form, ONCE)
            assert len(desk.paid) <= 1
            assert isinstance((await desk.say("And now?", DONE))[-1], AssistantMessageItem)
            assert (await desk.record()).approvals is None, (part, broken)


async def test_a_run_that_cannot_wait_says_so_and_the_thread_goes_on() -> None:
    desk = Desk()
    with pytest.raises(UnstorableRunError) as refused:
        await desk.say("Pay many", [pays("B" * 200_000, 1, f"call_{number}") for number in range(9)])
    assert refused.value.actor == "operator"
    assert "characters of JSON" in refused.value.detail
    *_, item = await desk.say("And now?", DONE)
    assert isinstance(item, AssistantMessageItem)
    assert desk.paid == []

    def twins(desk: Desk) -> Assistant:
        agents = [Agent[Any](name="Twin", tools=[desk.pay()], hooks=AgentHooks()) for _ in range(2)]
        return Assistant(agent=Agent(name="Front", instructions="You sort.", tools=[desk.pay()], handoffs=[*agents]))

    with pytest.raises(UnstorableRunError, match="cannot be kept"):
        await Desk(twins).say("Pay Bo", [pays("Bo")])


async def test_a_decision_is_taken_up_once_however_often_the_answer_runs() -> None:
    desk = Desk()
    form = form_in(await desk.say("Pay Bo", [pays("Bo")]))
    waiting = await desk.record()
    await desk.decide(form, ONCE)
    settled = await desk.record("msg_1")
    # A process that was thought dead read the thread before the other one took the question up.
    await desk.storage.turn_log.save(waiting, ADA)
    with pytest.raises(AlreadyDecidedError):
        await desk.answer(DONE)
    assert desk.paid == [("Bo", 3)]
    assert settled.approvals is None


async def test_a_run_that_is_broken_off_never_makes_its_call_again() -> None:
    desk, runs = Desk(), asyncio.Event()

    @function_tool(needs_approval=True)
    async def pay(to: str, amount: int) -> str:
        """Pay somebody."""
        desk.paid.append((to, amount))
        runs.set()
        await asyncio.Event().wait()
        return "paid"

    desk.assistant = lambda desk: Assistant(agent=desk.clerk(pay))
    form = form_in(await desk.say("Pay Bo", [pays("Bo")]))
    going_on = asyncio.create_task(desk.decide(form, ONCE))
    await runs.wait()
    while_it_runs = await desk.record()
    going_on.cancel()
    with pytest.raises(asyncio.CancelledError):
        await going_on
    for record in (while_it_runs, await desk.record()):
        assert record.approvals is None
        assert [item["output"] for item in record.model_items if "output" in item] == [UNKNOWN]
        assert [effect.result for effect in record.effects] == [UNKNOWN]
    await desk.say("Is it paid?", DONE)
    assert desk.outputs()["call_pay"] == UNKNOWN
    assert desk.paid == [("Bo", 3)]


async def test_results_are_recorded_before_the_model_goes_on() -> None:
    desk = Desk()
    form = form_in(await desk.say("Pay Bo", [pays("Bo")]))
    with pytest.raises(ModelError):
        await desk.decide(form, ONCE, script=(ModelStep.raise_error(FAILED),))
    record = await desk.record()
    assert [item["output"] for item in record.model_items if "output" in item] == ["paid 3 to Bo"]
    assert [effect.result for effect in record.effects] == ["paid 3 to Bo"]
    await desk.say("Is it paid?", DONE)
    assert desk.outputs() == {"call_pay": "paid 3 to Bo"}


async def test_the_record_of_a_waiting_run_holds_neither_its_history_nor_a_secret() -> None:
    desk = Desk()
    await desk.say("Hello, my word is swordfish", DONE)
    await desk.say("Pay Bo", [pays("Bo")])
    state = (await desk.record("msg_2")).approvals.state
    assert "swordfish" not in state
    assert "user_id" not in state
    assert len(state) < 10_000
