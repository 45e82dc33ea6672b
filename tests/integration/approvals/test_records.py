"""What the record of a turn says about approved calls: edited, rejected by a guardrail, with odd arguments."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from agents import (
    Agent,
    FunctionTool,
    GuardrailFunctionOutput,
    OutputGuardrail,
    Tool,
    ToolGuardrailFunctionOutput,
    function_tool,
    tool_input_guardrail,
    tool_output_guardrail,
)
from agents.testing import assistant_message, function_call
from chatkit.types import StructuredInputFreeform, StructuredInputItem
from structlog.testing import capture_logs

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.nested.sdk_defaults import sdk_defaults
from app.adapters.agents_sdk.run.tripwires import WITHHELD
from app.application.conversation.approvals import UNKNOWN
from app.domain.errors import AnyportError
from tests.integration.approvals.desk import ALWAYS, DONE, ONCE, Desk, form_in, pays

EDITED = {"to": "Cy", "amount": 7}
FIELDS = {"argument_0_0": "Cy", "argument_0_1": "7"}
SECRET = "the secret is 42"


@pytest.fixture(autouse=True)
def nested_runs() -> Iterator[None]:
    """Runs inside tools belong to their turn, as in a server."""
    with sdk_defaults.sealed():
        yield


def calls_told(items: list[dict[str, Any]]) -> dict[str, Any]:
    """The arguments of each call, by its id."""
    return {item["call_id"]: json.loads(item["arguments"]) for item in items if item.get("type") == "function_call"}


def results_in(record: Any) -> list[str]:
    return [item["output"] for item in record.model_items if "output" in item]


async def test_later_turns_are_told_the_arguments_that_the_user_edited() -> None:
    desk = Desk(lambda desk: Assistant(agent=desk.clerk(), editable_arguments=frozenset({"pay"})))
    form = form_in(await desk.say("Pay Bo", [pays("Bo")]))
    await desk.decide(form, ONCE, fields=FIELDS)
    assert desk.paid == [("Cy", 7)]
    await desk.say("Whom?", DONE)
    assert calls_told(desk.model_input()) == {"call_pay": EDITED}


async def test_a_broken_off_call_is_recorded_with_the_arguments_that_it_got() -> None:
    desk, runs = Desk(), asyncio.Event()

    @function_tool(needs_approval=True)
    async def pay(to: str, amount: int) -> str:
        """Pay somebody."""
        runs.set()
        await asyncio.Event().wait()
        return "paid"

    desk.assistant = lambda desk: Assistant(agent=desk.clerk(pay), editable_arguments=frozenset({"pay"}))
    form = form_in(await desk.say("Pay Bo", [pays("Bo")]))
    going_on = asyncio.create_task(desk.decide(form, ONCE, fields=FIELDS))
    await runs.wait()
    while_it_runs = await desk.record()
    going_on.cancel()
    with pytest.raises(asyncio.CancelledError):
        await going_on
    for record in (while_it_runs, await desk.record()):
        assert calls_told(record.model_items) == {"call_pay": EDITED}
        assert [json.loads(effect.arguments) for effect in record.effects] == [EDITED]


async def test_calls_with_one_id_are_not_edited_for_each_other() -> None:
    """Providers number the calls of each response, so a nested run may have the ids of the run around it."""

    def assistant(desk: Desk) -> Assistant:
        inner = Agent[Any](name="Inner", instructions="You pay inside.", tools=[desk.pay()])
        tools: list[Tool] = [inner.as_tool("inner", "Pays."), desk.pay()]
        root = Agent[Any](name="Root", instructions="You delegate.", tools=tools)
        return Assistant(agent=root, editable_arguments=frozenset({"pay"}))

    desk = Desk(assistant)
    both = [function_call("inner", {"input": "pay"}, call_id="call_in"), pays("Bo", 1, "call_0")]
    form = form_in(await desk.say("Pay", both, [pays("Di", 2, "call_0")]))
    assert not [asked for asked in form.inputs if isinstance(asked, StructuredInputFreeform)]
    await desk.decide(form, ONCE, ONCE, script=([assistant_message("Paid inside.")], DONE), fields=FIELDS)
    assert sorted(desk.paid) == [("Bo", 1), ("Di", 2)]


def checked(**guardrails: Any) -> FunctionTool:
    def reveal(word: str) -> str:
        """Reveal something."""
        return SECRET

    return function_tool(reveal, needs_approval=True, **guardrails)


@tool_output_guardrail
def no_result(_: Any) -> ToolGuardrailFunctionOutput:
    return ToolGuardrailFunctionOutput.raise_exception()


@tool_input_guardrail
def no_arguments(_: Any) -> ToolGuardrailFunctionOutput:
    return ToolGuardrailFunctionOutput.raise_exception()


def no_secret(_context: Any, _agent: Any, output: Any) -> GuardrailFunctionOutput:
    return GuardrailFunctionOutput(output_info=None, tripwire_triggered=SECRET in str(output))


def spy(*tools: FunctionTool, **fields: Any) -> Callable[[Desk], Assistant]:
    return lambda _: Assistant(agent=Agent(name="Spy", instructions="You spy.", tools=[*tools], **fields))


async def revealed(assistant: Callable[[Desk], Assistant], *script: Any) -> Desk:
    """A desk where the user allowed the call, which a guardrail ended."""
    desk = Desk(assistant)
    form = form_in(await desk.say("Tell", [function_call("reveal", {"word": "w"}, call_id="call_reveal")]))
    await desk.decide(form, ONCE, script=script)
    return desk


async def test_a_result_that_a_guardrail_rejects_is_withheld_and_not_unknown() -> None:
    stopped = {"tool_use_behavior": "stop_on_first_tool", "output_guardrails": [OutputGuardrail(no_secret)]}
    for assistant in (spy(checked(tool_output_guardrails=[no_result])), spy(checked(), **stopped)):
        desk = await revealed(assistant)
        record = await desk.record()
        assert results_in(record) == [WITHHELD]
        assert [effect.result for effect in record.effects] == [WITHHELD]


async def test_a_rejected_answer_leaves_no_result_of_an_approved_call() -> None:
    assistant = spy(checked(), output_guardrails=[OutputGuardrail(no_secret)])
    desk = await revealed(assistant, [assistant_message(SECRET)])
    record = await desk.record()
    assert results_in(record) == [WITHHELD]
    assert [effect.result for effect in record.effects] == [WITHHELD]
    await desk.say("Again?", DONE)
    assert desk.outputs() == {"call_reveal": WITHHELD}


async def test_a_call_that_a_guardrail_stops_before_it_is_made_is_not_unknown() -> None:
    desk = await revealed(spy(checked(tool_input_guardrails=[no_arguments])))
    record = await desk.record()
    [result] = results_in(record)
    assert result.startswith("This was not done")
    assert record.effects == []


async def test_half_a_character_in_arguments_stops_no_turn() -> None:
    desk = Desk()
    form = form_in(await desk.say("Pay", [pays("half \ud83d of an emoji"), pays("😀", call_id="call_whole")]))
    await desk.decide(form, ONCE, ALWAYS)
    assert desk.paid == [("half \ufffd of an emoji", 3), ("😀", 3)]


async def test_a_call_without_arguments_is_asked_about_without_a_list() -> None:
    @function_tool(needs_approval=True)
    def restart() -> str:
        """Restart the server."""
        return "restarted"

    desk = Desk(lambda desk: Assistant(agent=desk.clerk(restart)))
    for arguments in ("{}", "{ }", ""):
        items = await desk.say("Go", [function_call("restart", arguments, call_id="call_restart")])
        form = items[-1]
        assert isinstance(form, StructuredInputItem)
        assert form.inputs[0].question == (
            "Restart: may I do that?\nTo say no with a reason, write the reason instead."
        )


async def test_a_crash_of_needs_approval_is_named_in_the_log() -> None:
    async def broken(*_: Any) -> bool:
        raise RuntimeError("nobody knows")

    pay = function_tool(lambda to, amount: "paid", name_override="pay", needs_approval=broken, strict_mode=False)
    desk = Desk(lambda desk: Assistant(agent=desk.clerk(pay)))
    with capture_logs() as logs, pytest.raises(AnyportError):
        await desk.say("Pay", [pays("Bo")])
    [entry] = [entry for entry in logs if entry["log_level"] == "error"]
    assert (entry["event"], entry["part"], entry["name"]) == (
        "assistant crashed",
        "needs_approval of tool",
        "pay",
    )
    await desk.say("Hello", DONE)


async def test_a_call_inside_an_agent_that_is_broken_off_stays_unknown() -> None:
    runs = asyncio.Event()

    @function_tool(needs_approval=True)
    async def pay(to: str, amount: int) -> str:
        """Pay somebody."""
        runs.set()
        await asyncio.Event().wait()
        return "paid"

    def assistant(_: Desk) -> Assistant:
        inner = Agent[Any](name="Inner", instructions="You pay inside.", tools=[pay])
        return Assistant(
            agent=Agent(name="Root", instructions="You delegate.", tools=[inner.as_tool("inner", "Pays.")])
        )

    desk = Desk(assistant)
    form = form_in(await desk.say("Pay", [function_call("inner", {"input": "pay"}, call_id="call_in")], [pays("Di")]))
    going_on = asyncio.create_task(desk.decide(form, ONCE))
    await runs.wait()
    going_on.cancel()
    with pytest.raises(asyncio.CancelledError):
        await going_on
    assert results_in(await desk.record()) == [UNKNOWN]
