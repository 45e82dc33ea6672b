"""Handoffs: an agent of the Agents SDK with other agents behind it, through the real loop with scripted models."""

from collections.abc import Sequence
from typing import Any

from agents import Agent, Handoff, Model, RunContextWrapper, ToolOutputImage, function_tool, handoff
from agents.extensions.handoff_filters import remove_all_tools
from agents.testing import ScriptedModel, assistant_message, function_call

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.runner import SdkAgentRunner
from app.adapters.stores.memory import MemoryStorage
from app.application.conversation.model_catalog import ModelCatalog
from app.domain.model_ref import ModelRef
from app.ports.agent_runner import RunReport, RunRequest
from app.ports.model_provider import Capabilities, ModelInfo
from app.ports.turn_log import ToolEffect
from tests.integration.test_runner import ADA, ONE, THREAD, OneModel, finished, user_message


class SeveralModels(OneModel):
    """A provider that has one scripted model for each name."""

    def __init__(self, **models: Model) -> None:
        self.scripts = models

    def models(self) -> Sequence[ModelInfo]:
        return [ModelInfo(name=name, capabilities=Capabilities()) for name in self.scripts]

    def model(self, name: str) -> Model:
        return self.scripts[name]


@function_tool
def refund(order: str) -> str:
    """Refund an order."""
    return f"refunded {order}"


PICTURE = "data:image/png;base64,iVBORw0KGgo="
HERE = assistant_message("Here.")


@function_tool
def draw() -> ToolOutputImage:
    """Draw a picture."""
    return ToolOutputImage(image_url=PICTURE)


def to_billing() -> Any:
    return function_call("transfer_to_billing", {}, call_id="call_handoff")


async def run_of(
    agent: Agent[Any], report: RunReport, provider: OneModel, *, done: Sequence[ToolEffect] = ()
) -> list[Any]:
    """The finished items of one answer of this agent."""
    catalog = ModelCatalog({"scripted": provider}, ONE)
    runner = SdkAgentRunner(Assistant(agent=agent), catalog, MemoryStorage().threads, max_rounds=4)
    request = RunRequest(thread=THREAD, history=[user_message("hi")], context=ADA, model=ONE, done=done)
    return finished([event async for event in runner.run(request, report)])


def billing(**fields: Any) -> Agent[Any]:
    return Agent(name="Billing", instructions="You do billing.", tools=[refund], **fields)


def kinds(report: RunReport) -> list[str]:
    return [item["type"] for item in report.model_items]


async def test_an_agent_answers_after_a_handoff_with_its_own_instructions_and_tools() -> None:
    model = ScriptedModel(
        [
            [to_billing()],
            [function_call("refund", {"order": "7"}, call_id="call_refund")],
            [assistant_message("Refunded.")],
        ]
    )
    report = RunReport()
    items = await run_of(Agent(name="Triage", instructions="You sort.", handoffs=[billing()]), report, OneModel(model))
    assert items[-1].content[0].text == "Refunded."
    assert [call.system_instructions for call in model.calls] == ["You sort.", "You do billing.", "You do billing."]
    assert kinds(report) == ["function_call", "function_call_output"] * 2 + ["message"]
    assert (report.model, report.attempts, report.usage.requests) == ("one", 3, 3)
    assert [effect.tool for effect in report.effects] == ["refund"]


async def test_an_input_filter_hides_the_past_from_the_agent_and_not_from_the_record() -> None:
    model = ScriptedModel([[to_billing()], [assistant_message("Here.")]])
    report = RunReport()
    target = handoff(billing(), input_filter=remove_all_tools)
    await run_of(Agent(name="Triage", handoffs=[target]), report, OneModel(model))
    assert [item.get("type") for item in model.calls[1].input] == ["message"]
    assert kinds(report) == ["function_call", "function_call_output", "message"]
    called, returned = report.model_items[:2]
    assert called["call_id"] == returned["call_id"]


async def test_each_call_beside_a_handoff_is_recorded_with_the_result_that_the_agent_was_told() -> None:
    other = function_call("transfer_to_sales", {}, call_id="call_other")
    unknown = function_call("fly", {}, call_id="call_unknown")
    model = ScriptedModel([[unknown, function_call("draw", {}, call_id="call_draw"), to_billing(), other], [HERE]])
    report = RunReport()
    await run_of(Agent(name="Triage", tools=[draw], handoffs=[billing(), Agent(name="Sales")]), report, OneModel(model))
    assert results(report.model_items) == results(model.calls[1].input)
    assert "ignoring" in results(report.model_items)["call_other"]


async def test_a_handoff_that_was_ignored_is_recorded_as_ignored_also_behind_a_filter() -> None:
    other = function_call("transfer_to_sales", {}, call_id="call_other")
    report = RunReport()
    agents: list[Any] = [handoff(billing(), input_filter=remove_all_tools), Agent(name="Sales")]
    await run_of(
        Agent(name="Triage", handoffs=agents), report, OneModel(ScriptedModel([[to_billing(), other], [HERE]]))
    )
    told = results(report.model_items)
    assert ("Billing" in told["call_handoff"], "ignoring" in told["call_other"]) == (True, True)


async def test_a_picture_that_ends_the_run_is_recorded_as_a_picture() -> None:
    report = RunReport()
    agent = Agent[Any](name="Painter", tools=[draw], tool_use_behavior="stop_on_first_tool")
    await run_of(agent, report, OneModel(ScriptedModel([[function_call("draw", {}, call_id="call_draw")]])))
    assert results(report.model_items)["call_draw"] == [{"type": "input_image", "image_url": PICTURE}]


def results(items: Any) -> dict[str, Any]:
    return {item["call_id"]: item["output"] for item in items if item.get("type") == "function_call_output"}


async def test_an_agent_answers_with_the_model_that_it_names() -> None:
    first, second = ScriptedModel([[to_billing()]]), ScriptedModel([[assistant_message("Hello.")]])
    report = RunReport()
    agent = Agent[Any](name="Triage", handoffs=[billing(model="two")])
    await run_of(agent, report, SeveralModels(one=first, two=second))
    assert (report.provider, report.model) == ("several", "scripted/one,scripted/two")
    assert (len(first.calls), len(second.calls), report.usage.requests) == (1, 1, 2)


async def test_a_handoff_of_its_own_kind_may_make_its_agent_when_it_is_called() -> None:
    async def make(_: RunContextWrapper[Any], __: str) -> Agent[Any]:
        return billing()

    target: Any = Handoff(
        tool_name="transfer_to_billing",
        tool_description="To billing.",
        input_json_schema={},
        on_invoke_handoff=make,
        agent_name="Billing",
    )
    repeated = function_call("refund", {"order": "7"}, call_id="call_refund")
    model = ScriptedModel([[to_billing()], [repeated], [assistant_message("Hello.")]])
    report = RunReport()
    done = [ToolEffect(tool="refund", arguments='{"order": "7"}', result="refunded before")]
    await run_of(Agent(name="Triage", handoffs=[target]), report, OneModel(model), done=done)
    outputs = [item["output"] for item in report.model_items if item["type"] == "function_call_output"]
    assert outputs[-1] == "refunded before", "a retried answer makes no change again, in no agent"
    assert report.effects == []


async def test_agents_that_hand_off_to_each_other_return_to_the_first() -> None:
    back = function_call("transfer_to_triage", {}, call_id="call_back")
    model = ScriptedModel([[to_billing()], [back], [assistant_message("Back.")]])
    desk = billing()
    triage = Agent[Any](name="Triage", instructions="You sort.", handoffs=[desk])
    desk.handoffs.append(triage)
    await run_of(triage, RunReport(), OneModel(model))
    assert [call.system_instructions for call in model.calls] == ["You sort.", "You do billing.", "You sort."]


def test_a_name_leads_to_a_listed_model_or_to_a_provider_that_it_names() -> None:
    catalog = ModelCatalog({"scripted": SeveralModels(one=ScriptedModel([]), two=ScriptedModel([]))}, ONE)
    assert catalog.named("two") == ModelRef("scripted", "two")
    assert catalog.named("scripted/three") == ModelRef("scripted", "three")
