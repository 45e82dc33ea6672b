"""Approvals: calls that wait for the user, over a real store and the real loop of the SDK.

Each answer is made by a new conversation with new agents, as after a restart: only the store is kept.
"""

import asyncio
import datetime as dt
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from agents import Agent, AgentHooks, FunctionTool, HostedMCPTool, RunContextWrapper, Tool, function_tool, handoff
from agents.mcp import MCPServer
from agents.testing import ModelStep, ScriptedModel, assistant_message, function_call
from chatkit.types import (
    AssistantMessageItem,
    StructuredInputAnswer,
    StructuredInputFreeform,
    StructuredInputItem,
    StructuredInputMultipleChoice,
    ThreadItem,
    ThreadItemDoneEvent,
    ThreadItemReplacedEvent,
    ThreadMetadata,
)
from mcp.types import CallToolResult, TextContent
from mcp.types import Tool as McpTool
from openai.types.responses import Response, ResponseCompletedEvent
from openai.types.responses.response_output_item import McpApprovalRequest, McpCall
from structlog.testing import capture_logs

from app.adapters.agents_sdk.approvals.interrupted_run import UnstorableRunError
from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.runner import SdkAgentRunner
from app.adapters.agents_sdk.tool_context import TurnContext
from app.adapters.agents_sdk.tools.ask_user import ask_user_tool
from app.adapters.stores.memory import MemoryStorage
from app.application.conversation.approvals import UNKNOWN
from app.application.conversation.model_catalog import ModelCatalog
from app.application.conversation.service import Conversation
from app.application.limits.counters import WriteBehindCounters
from app.application.limits.rules import Limits, Rules
from app.domain.conversation import HistoryWindow
from app.domain.errors import AlreadyDecidedError, AnyportError
from app.domain.identity import RequestContext
from app.domain.model_ref import ModelRef
from app.ports.model_provider import ModelError
from tests.factories import message
from tests.integration.test_runner import OneModel

ADA = RequestContext(user_id="ada", locale="en")
THREAD = "thr_1"
DONE = [assistant_message("Done.")]
FAILED = ModelError("The model cannot be reached.", kind="network")
ONCE, ALWAYS, NO = "Yes, this once", "Yes, always in this chat", "No"


class Desk:
    """A thread of Ada's with an assistant that pays; `paid` is what was really paid."""

    def __init__(self, assistant: "Callable[[Desk], Assistant] | None" = None) -> None:
        self.storage = MemoryStorage()
        self.paid: list[tuple[str, int]] = []
        self.assistant = assistant or (lambda desk: Assistant(agent=desk.clerk()))
        self.thread = ThreadMetadata(id=THREAD, created_at=dt.datetime.now(dt.UTC), title="Chat")
        self._said = 0

    def pay(self, **options: Any) -> FunctionTool:
        def pay(ctx: RunContextWrapper[TurnContext], to: str, amount: int) -> str:
            """Pay somebody."""
            assert ctx.context.request.user_id == "ada"
            self.paid.append((to, amount))
            return f"paid {amount} to {to}"

        return function_tool(pay, needs_approval=True, **options)

    def clerk(self, *tools: Tool, **fields: Any) -> Agent[Any]:
        return Agent(name="Clerk", instructions="You pay.", tools=[*(tools or [self.pay(), look])], **fields)

    async def say(self, text: str, *script: Any) -> list[ThreadItem]:
        if not self._said:
            await self.storage.threads.save_thread(self.thread, ADA)
        self._said += 1
        item = message(THREAD, f"msg_{self._said}", at=dt.datetime.now(dt.UTC), text=text)
        await self.storage.threads.add_thread_item(THREAD, item, ADA)
        return await self.answer(*script)

    async def answer(self, *script: Any, model: str = "one", nested: Sequence[list[Any]] = ()) -> list[ThreadItem]:
        """What is finished or replaced while the newest item is answered."""
        self.model = ScriptedModel(list(script))
        catalog = ModelCatalog({"scripted": OneModel(self.model)}, ModelRef("scripted", "one"))
        runner = SdkAgentRunner(self.assistant(self), catalog, self.storage.threads, max_rounds=5)
        conversation = Conversation(
            self.storage.threads,
            self.storage.turn_log,
            runner,
            catalog,
            Limits(WriteBehindCounters(self.storage.counters), Rules()),
            self.storage.approvals,
            window=HistoryWindow(items=50, tokens=10_000),
            message_characters=1_000,
        )
        items: list[ThreadItem] = []
        async for event in conversation.answer(self.thread, ADA):
            if isinstance(event, ThreadItemDoneEvent | ThreadItemReplacedEvent):
                await self.storage.threads.save_item(THREAD, event.item, ADA)
                items.append(event.item)
        return items

    async def fill_in(self, form: ThreadItem, answers: dict[str, str]) -> None:
        """Store the answers of a form; questions without one are skipped."""
        assert isinstance(form, StructuredInputItem)
        answered = form.model_copy(deep=True)
        for question in answered.inputs:
            given = answers.get(question.id, "")
            question.answer = StructuredInputAnswer(values=[given] if given else [], skipped=not given)
        answered.status = "answered" if answers else "skipped"
        await self.storage.threads.save_item(THREAD, answered, ADA)

    async def decide(
        self,
        form: ThreadItem,
        *choices: str,
        script: Sequence[Any] = (DONE,),
        fields: dict[str, str] | None = None,
    ) -> list[ThreadItem]:
        given = {f"decision_{number}": choice for number, choice in enumerate(choices) if choice}
        await self.fill_in(form, given | (fields or {}))
        return await self.answer(*script)

    def model_input(self) -> list[dict[str, Any]]:
        """The input of the newest request to the model."""
        assert self.model.last_call is not None
        return [dict(item) for item in self.model.last_call.input]

    def outputs(self) -> dict[str, str]:
        """The results of calls in the newest request, by the id of the call."""
        items = self.model_input()
        calls = [item["call_id"] for item in items if item.get("type") == "function_call"]
        results = {item["call_id"]: str(item["output"]) for item in items if item.get("type") == "function_call_output"}
        assert sorted(calls) == sorted(results), "each call has one result"
        return results

    async def record(self, key: str = "msg_1") -> Any:
        return (await self.storage.turn_log.load(THREAD, [key], ADA))[key]


@function_tool
def look(place: str) -> str:
    """Look at a place."""
    return f"saw {place}"


@function_tool(needs_approval=True)
def refund(order: str) -> str:
    """Refund an order."""
    return f"refunded {order}"


def pays(to: str, amount: Any = 3, call_id: str = "call_pay") -> Any:
    return function_call("pay", {"to": to, "amount": amount}, call_id=call_id)


def form_in(items: Sequence[ThreadItem]) -> StructuredInputItem:
    [form] = [item for item in items if isinstance(item, StructuredInputItem) and item.status == "pending"]
    assert form is items[-1]
    return form


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


async def test_an_assistant_of_instructions_and_tools_asks_too() -> None:
    desk = Desk(lambda desk: Assistant(name="Clerk", instructions="You pay.", tools=[desk.pay()]))
    await desk.decide(form_in(await desk.say("Pay Bo", [pays("Bo")])), ONCE)
    assert desk.paid == [("Bo", 3)]


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


class Drawer(MCPServer):
    """A local MCP server with one tool, whose every call needs approval."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(require_approval="always")
        self._desk = desk

    @property
    def name(self) -> str:
        return "drawer"

    async def connect(self) -> None:
        """There is nothing to connect to."""

    async def cleanup(self) -> None:
        """There is nothing to close."""

    async def list_tools(self, run_context: Any = None, agent: Any = None) -> list[McpTool]:
        properties = {"to": {"type": "string"}, "amount": {"type": "integer"}}
        return [McpTool(name="pay", input_schema={"type": "object", "properties": properties})]

    async def call_tool(self, tool_name: str, arguments: Any, meta: Any = None) -> CallToolResult:
        self._desk.paid.append((arguments["to"], arguments["amount"]))
        return CallToolResult(content=[TextContent(type="text", text="paid from the drawer")])

    async def list_prompts(self) -> Any:
        raise NotImplementedError

    async def get_prompt(self, name: str, arguments: Any = None) -> Any:
        raise NotImplementedError


async def test_a_call_of_a_local_mcp_server_waits_and_can_be_edited() -> None:
    def assistant(desk: Desk) -> Assistant:
        agent = Agent[Any](name="Clerk", instructions="You pay.", mcp_servers=[Drawer(desk)])
        return Assistant(agent=agent, editable_arguments=frozenset({"pay"}))

    desk = Desk(assistant)
    form = form_in(await desk.say("Pay Bo", [pays("Bo")]))
    assert desk.paid == []
    again = form_in(await desk.decide(form, ONCE, script=(), fields={"argument_0_1": "much"}))
    await desk.decide(again, ALWAYS, fields={"argument_0_1": "4"})
    assert desk.paid == [("Bo", 4)]
    assert "paid from the drawer" in desk.outputs()["call_pay"]
    await desk.say("Pay Cy", [pays("Cy")], DONE)
    assert desk.paid == [("Bo", 4), ("Cy", 3)]


HOSTED: Any = {"type": "mcp", "server_label": "bank", "server_url": "https://bank.test", "headers": {"X-Key": "s3cret"}}
HOSTED["require_approval"] = "always"


def hosted(desk: Desk) -> Assistant:
    tool = HostedMCPTool(tool_config=HOSTED)
    return Assistant(agent=Agent(name="Clerk", instructions="You pay.", tools=[tool]))


def step(*output: Any) -> Any:
    """A response with items that a scripted model cannot stream by itself."""
    response = Response(
        id="resp_1",
        created_at=0,
        model="one",
        object="response",
        output=[*output],
        parallel_tool_calls=True,
        tool_choice="auto",
        tools=[],
    )
    completed = ResponseCompletedEvent(type="response.completed", sequence_number=0, response=response)
    return ModelStep.stream([completed], output=output)


def request_of(id_: str, arguments: str = '{"to": "Bo", "amount": 3}') -> McpApprovalRequest:
    return McpApprovalRequest(
        id=id_, type="mcp_approval_request", server_label="bank", name="wire", arguments=arguments
    )


def responses(desk: Desk) -> list[tuple[str, bool, str]]:
    """The answers to approval requests in the newest request to the model."""
    given = [item for item in desk.model_input() if item.get("type") == "mcp_approval_response"]
    return [(item["approval_request_id"], item["approve"], str(item.get("reason") or "")) for item in given]


async def test_a_call_of_a_hosted_mcp_server_waits_for_a_yes() -> None:
    desk = Desk(hosted)
    form = form_in(await desk.say("Pay Bo", step(request_of("mcpr_1"), request_of("mcpr_2", '{"to": "Cy"}'))))
    assert [asked.question.splitlines()[:2] for asked in form.inputs] == [
        ["Wire: may I do that?", "• to: Bo"],
        ["Wire: may I do that?", "• to: Cy"],
    ]
    assert "s3cret" not in (await desk.record()).approvals.state
    call = McpCall(id="mcp_1", type="mcp_call", server_label="bank", name="wire", arguments="{}", output="wired")
    await desk.decide(form, ONCE, "not her", script=(step(call, assistant_message("Wired.")),))
    assert [(id_, yes) for id_, yes, _ in responses(desk)] == [("mcpr_1", True), ("mcpr_2", False)]
    assert "not her" in responses(desk)[1][2]
    log = await desk.storage.approvals.load(THREAD, ADA)
    assert [(one.tool, one.verdict) for one in log] == [("bank.wire", "approved"), ("bank.wire", "rejected")]
    await desk.say("And now?", DONE)
    assert [(id_, yes) for id_, yes, _ in responses(desk)] == [("mcpr_1", True), ("mcpr_2", False)]


async def test_a_hosted_call_is_remembered_for_the_thread() -> None:
    desk = Desk(hosted)
    await desk.decide(form_in(await desk.say("Pay Bo", step(request_of("mcpr_1")))), ALWAYS)
    *_, item = await desk.say("Again", step(request_of("mcpr_2")), DONE)
    assert isinstance(item, AssistantMessageItem)
    assert responses(desk)[-1][:2] == ("mcpr_2", True)


async def test_a_hosted_call_whose_request_fails_is_approved_no_second_time() -> None:
    desk = Desk(hosted)
    form = form_in(await desk.say("Pay Bo", step(request_of("mcpr_1"))))
    with pytest.raises(ModelError):
        await desk.decide(form, ONCE, script=(ModelStep.raise_error(FAILED),))
    await desk.say("Is it paid?", DONE)
    assert responses(desk) == [("mcpr_1", False, UNKNOWN)]


async def test_a_hosted_call_that_nobody_decides_is_denied() -> None:
    desk = Desk(hosted)
    await desk.say("Pay Bo", step(request_of("mcpr_1")))
    await desk.say("Never mind", DONE)
    [(id_, approved, reason)] = responses(desk)
    assert (id_, approved) == ("mcpr_1", False)
    assert "did not answer" in reason
