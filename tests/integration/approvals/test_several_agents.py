"""Calls that wait behind a handoff, and inside an agent that is used as a tool."""

from typing import Any

from agents import Agent, handoff
from agents.testing import assistant_message, function_call

from app.adapters.agents_sdk.assistant import Assistant
from tests.integration.approvals.desk import ADA, DONE, ONCE, THREAD, Desk, form_in, pays


async def test_a_call_after_a_handoff_goes_on_in_the_agent_that_asked() -> None:
    def assistant(desk: Desk) -> Assistant:
        desk_clerk = desk.clerk()
        other = Agent[Any](name="Other", instructions="You do other things.")
        return Assistant(agent=Agent(name="Front", instructions="You sort.", handoffs=[handoff(other), desk_clerk]))

    desk = Desk(assistant)
    form = form_in(await desk.say("Pay Bo", [function_call("transfer_to_clerk", {}, call_id="call_h")], [pays("Bo")]))
    await desk.decide(form, ONCE)
    assert desk.paid == [("Bo", 3)]
    assert [call.system_instructions for call in desk.model.calls] == ["You pay."]
    assert set(desk.outputs()) == {"call_h", "call_pay"}
    await desk.say("Thanks", DONE)
    assert set(desk.outputs()) == {"call_h", "call_pay"}


async def test_a_call_inside_an_agent_used_as_a_tool_waits_and_goes_on_there() -> None:
    def assistant(desk: Desk) -> Assistant:
        inner = Agent[Any](name="Inner", instructions="You pay inside.", tools=[desk.pay()])
        root = Agent[Any](
            name="Root", instructions="You delegate.", tools=[inner.as_tool("inner", "Pays."), desk.pay()]
        )
        return Assistant(agent=root, editable_arguments=frozenset({"pay"}))

    desk = Desk(assistant)
    both = [function_call("inner", {"input": "pay"}, call_id="call_in"), pays("Bo", 1)]
    form = form_in(await desk.say("Pay", both, [pays("Cy", 2, "nested")]))
    assert [asked.id for asked in form.inputs if asked.type == "multiple_choice"] == ["decision_0", "decision_1"]
    nested = next(number for number, asked in enumerate(form.inputs) if "Cy" in asked.question) // 3
    edit = {f"argument_{nested}_1": "7"}
    await desk.decide(form, ONCE, ONCE, script=([assistant_message("Paid inside.")], DONE), fields=edit)
    assert sorted(desk.paid) == [("Bo", 1), ("Cy", 7)]
    assert desk.outputs() == {"call_in": "Paid inside.", "call_pay": "paid 1 to Bo"}
    log = await desk.storage.approvals.load(THREAD, ADA)
    assert sorted((one.agent, one.edited) for one in log) == [("Inner", True), ("Root", False)]


async def test_a_no_inside_an_agent_used_as_a_tool_reaches_that_agent() -> None:
    def assistant(desk: Desk) -> Assistant:
        inner = Agent[Any](name="Inner", instructions="You pay inside.", tools=[desk.pay()])
        return Assistant(
            agent=Agent(name="Root", instructions="You delegate.", tools=[inner.as_tool("inner", "Pays.")])
        )

    desk = Desk(assistant)
    calls = [function_call("inner", {"input": "pay"}, call_id="call_in")]
    form = form_in(await desk.say("Pay", calls, [pays("Cy", 2, "nested")]))
    await desk.decide(form, "not her", script=([assistant_message("Not paid.")], DONE))
    assert desk.paid == []
    inner, root = desk.model.calls
    assert "not her" in str(inner.input)
    assert "not her" not in str(root.input)
    assert desk.outputs() == {"call_in": "Not paid."}
