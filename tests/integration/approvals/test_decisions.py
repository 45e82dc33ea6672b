"""What the user decides about a call, in the form that asks for it, and what comes of it."""

import json

import pytest
from agents import FunctionTool, function_tool
from agents.testing import function_call
from chatkit.types import (
    AssistantMessageItem,
    StructuredInputFreeform,
    StructuredInputItem,
    StructuredInputMultipleChoice,
)

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.tools.ask_user import ask_user_tool
from tests.integration.approvals.desk import ADA, ALWAYS, DONE, NO, ONCE, THREAD, Desk, form_in, pays


@function_tool(needs_approval=True)
def refund(order: str) -> str:
    """Refund an order."""
    return f"refunded {order}"


async def test_a_call_waits_for_a_yes_that_shows_what_is_asked() -> None:
    desk = Desk()
    form = form_in(await desk.say("Pay Bo", [pays("Bo")]))
    [asked] = form.inputs
    assert isinstance(asked, StructuredInputMultipleChoice)
    assert [option.value for option in asked.options] == [ONCE, ALWAYS, NO]
    assert asked.question.splitlines()[:3] == ["Pay: may I do that?", "• to: Bo", "• amount: 3"]
    assert desk.paid == []
    *_, item = await desk.decide(form, ONCE)
    assert isinstance(item, AssistantMessageItem)
    assert desk.paid == [("Bo", 3)]
    assert desk.outputs() == {"call_pay": "paid 3 to Bo"}
    assert (await desk.record()).approvals is None
    [decision] = await desk.storage.approvals.load(THREAD, ADA)
    assert (decision.agent, decision.tool, decision.verdict, decision.scope, decision.user_id) == (
        "Clerk",
        "pay",
        "approved",
        "once",
        "ada",
    )
    assert json.loads(decision.arguments) == {"to": "Bo", "amount": 3}


async def test_later_turns_are_told_the_call_once_with_its_result() -> None:
    desk = Desk()
    await desk.decide(form_in(await desk.say("Pay Bo", [pays("Bo")])), ONCE)
    await desk.say("And now?", DONE)
    kinds = [item.get("role", item.get("type")) for item in desk.model_input()]
    assert kinds == ["user", "function_call", "function_call_output", "assistant", "user"], desk.model_input()


@pytest.mark.parametrize(
    ("choice", "told"), [(NO, "did not allow it."), ("too much!", "They said: too much!"), ("yes but later", "later")]
)
async def test_a_no_and_its_reason_reach_the_model(choice: str, told: str) -> None:
    desk = Desk()
    await desk.decide(form_in(await desk.say("Pay Bo", [pays("Bo")])), choice)
    assert desk.paid == []
    assert told in desk.outputs()["call_pay"]
    [decision] = await desk.storage.approvals.load(THREAD, ADA)
    assert (decision.verdict, decision.reason) == ("rejected", "" if choice == NO else choice)


async def test_a_form_that_is_skipped_is_no_yes() -> None:
    desk = Desk()
    await desk.decide(form_in(await desk.say("Pay Bo", [pays("Bo")])))
    assert desk.paid == []
    assert "did not answer" in desk.outputs()["call_pay"]
    assert [one.verdict for one in await desk.storage.approvals.load(THREAD, ADA)] == ["unanswered"]


async def test_a_yes_for_the_thread_is_remembered_there_for_that_tool() -> None:
    desk = Desk(lambda desk: Assistant(agent=desk.clerk(desk.pay(), refund)))
    await desk.decide(form_in(await desk.say("Pay Bo", [pays("Bo")])), ALWAYS)
    await desk.say("Pay Cy", [pays("Cy", 4)], DONE)
    assert desk.paid == [("Bo", 3), ("Cy", 4)]
    both = [pays("Di", 5), function_call("refund", {"order": "7"}, call_id="call_refund")]
    form = form_in(await desk.say("Pay Di and refund", both))
    assert len(form.inputs) == 1, "only the other tool is asked about"
    assert desk.paid[-1] == ("Di", 5)
    await desk.decide(form, NO)
    assert desk.outputs()["call_refund"].startswith("This was not done")
    log = await desk.storage.approvals.load(THREAD, ADA)
    assert [(one.tool, one.verdict, one.remembered) for one in log] == [
        ("pay", "approved", False),
        ("pay", "approved", True),
        ("pay", "approved", True),
        ("refund", "rejected", False),
    ]


async def test_several_calls_are_decided_in_one_form_and_the_undecided_asked_again() -> None:
    desk = Desk()
    calls = [
        pays("Bo", 1, "a"),
        function_call("look", {"place": "here"}, call_id="l"),
        pays("Cy", 2, "b"),
        pays("Di", 3, "c"),
    ]
    form = form_in(await desk.say("Pay all", calls))
    assert len(form.inputs) == 3
    again = form_in(await desk.decide(form, ONCE, NO, "", script=()))
    assert desk.paid == [("Bo", 1)]
    [asked] = again.inputs
    assert "Di" in asked.question
    assert (await desk.record()).approvals.item_id == again.id
    await desk.decide(again, ONCE)
    assert desk.paid == [("Bo", 1), ("Di", 3)]
    outputs = desk.outputs()
    assert (outputs["a"], outputs["l"], outputs["c"]) == ("paid 1 to Bo", "saw here", "paid 3 to Di")
    assert "did not allow" in outputs["b"]


async def test_a_message_instead_of_an_answer_closes_the_question_for_good() -> None:
    desk = Desk()
    form = form_in(await desk.say("Pay Bo", [pays("Bo")]))
    closed, item = await desk.say("Never mind.", DONE)
    assert isinstance(closed, StructuredInputItem)
    assert (closed.id, closed.status) == (form.id, "skipped")
    assert isinstance(item, AssistantMessageItem)
    assert "did not answer" in desk.outputs()["call_pay"]
    assert (await desk.record()).approvals is None
    assert [one.verdict for one in await desk.storage.approvals.load(THREAD, ADA)] == ["unanswered"]
    assert desk.paid == []


async def test_a_question_of_a_tool_and_an_approval_in_one_turn_are_asked_one_after_the_other() -> None:
    desk = Desk(lambda desk: Assistant(agent=desk.clerk(desk.pay(), ask_user_tool())))
    asks = function_call("ask_user", {"questions": [{"question": "Sure?"}]}, call_id="call_ask")
    form = form_in(await desk.say("Pay Bo", [pays("Bo"), asks]))
    assert [asked.question for asked in form.inputs] == ["Sure?"]
    await desk.fill_in(form, {"question_1": "very"})
    second = form_in(await desk.answer())
    assert "Bo" in second.inputs[0].question
    await desk.decide(second, ONCE)
    assert desk.paid == [("Bo", 3)]
    outputs = desk.outputs()
    assert "very" in outputs["call_ask"]
    assert outputs["call_pay"] == "paid 3 to Bo"


async def test_an_approved_tool_may_ask_a_question_of_its_own() -> None:
    asking = ask_user_tool()
    assert isinstance(asking, FunctionTool)
    asking.needs_approval = True
    desk = Desk(lambda desk: Assistant(agent=desk.clerk(asking)))
    asks = function_call("ask_user", {"questions": [{"question": "Sure?"}]}, call_id="call_ask")
    form = form_in(await desk.say("Ask me", [asks]))
    second = form_in(await desk.decide(form, ONCE, script=()))
    assert [asked.question for asked in second.inputs] == ["Sure?"]
    await desk.fill_in(second, {"question_1": "very"})
    await desk.answer(DONE)
    assert "very" in desk.outputs()["call_ask"]


async def test_edited_arguments_are_checked_and_reach_the_tool() -> None:
    desk = Desk(lambda desk: Assistant(agent=desk.clerk(), editable_arguments=frozenset({"pay"})))
    form = form_in(await desk.say("Pay Bo", [pays("Bo")]))
    _, to, amount = form.inputs
    assert isinstance(amount, StructuredInputFreeform)
    assert amount.description == "Now: 3. Leave it empty to keep that."
    again = form_in(await desk.decide(form, ONCE, script=(), fields={amount.id: "much"}))
    assert "“amount” does not fit" in again.inputs[0].question
    assert desk.paid == []
    assert (await desk.record()).approvals.item_id == again.id
    await desk.decide(again, ONCE, fields={amount.id: "2", to.id: "007"})
    assert desk.paid == [("007", 2)]
    [decision] = await desk.storage.approvals.load(THREAD, ADA)
    assert decision.edited
    assert json.loads(decision.arguments) == {"to": "007", "amount": 2}
    assert desk.outputs() == {"call_pay": "paid 2 to 007"}


async def test_arguments_are_not_edited_where_the_assistant_does_not_allow_it() -> None:
    desk = Desk()
    form = form_in(await desk.say("Pay Bo", [pays("Bo")]))
    await desk.decide(form, ONCE, fields={"argument_0_0": "Eve", "argument_0_1": "999"})
    assert desk.paid == [("Bo", 3)]


async def test_an_assistant_of_instructions_and_tools_asks_too() -> None:
    desk = Desk(lambda desk: Assistant(name="Clerk", instructions="You pay.", tools=[desk.pay()]))
    await desk.decide(form_in(await desk.say("Pay Bo", [pays("Bo")])), ONCE)
    assert desk.paid == [("Bo", 3)]
