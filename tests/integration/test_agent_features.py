"""Features of an agent, run by the bare SDK and by the server on the same scripted model: the same requests and end."""

import json
from typing import Any

import pytest
from agents import Agent, RunConfig, Runner
from agents.testing import ScriptedModel, assistant_message, function_call
from chatkit.types import AssistantMessageItem, WidgetItem

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.runner import SdkAgentRunner
from app.adapters.stores.memory import MemoryStorage
from app.application.conversation.model_catalog import ModelCatalog
from app.ports.agent_runner import RunReport, RunRequest
from tests.assistants.forms import HEARD, AllEars, agents, drawn
from tests.integration.test_runner import ADA, ONE, THREAD, OneModel, finished, user_message

JSON = json.dumps({"title": "Good", "score": 7})
LIST = json.dumps({"response": ["milk", "bread"]})


def oslo() -> Any:
    return function_call("weather", {"city": "Oslo"}, call_id="call_1")


def counted() -> Any:
    return function_call("numbers", {}, call_id="call_2")


SCRIPTS: dict[str, tuple[list[list[Any]], list[str]]] = {
    "dated": ([[assistant_message("At noon.")]], ["At noon."]),
    "settled": ([[oslo()], [assistant_message("Sunny.")]], ["Sunny."]),
    "kept": ([[oslo()], [assistant_message("Sunny.")]], ["Sunny."]),
    "first": ([[oslo(), counted()]], ["sunny in Oslo"]),
    "some": ([[oslo()], [counted()]], ["{'one': 1}"]),
    "decided": ([[oslo()]], ["It is decided: Oslo."]),
    "formed": ([[assistant_message("Let me see."), oslo()], [assistant_message(JSON)]], ["Let me see.", "**Good**: 7"]),
    "listed": ([[assistant_message(LIST)]], []),
    "hooked": ([[oslo()], [assistant_message("Sunny.")]], ["Sunny."]),
}


async def ours(assistant: Assistant, script: list[list[Any]]) -> tuple[list[Any], list[Any], RunReport]:
    """All events, the finished items, and the report of an answer by the server."""
    model, report = ScriptedModel(script), RunReport()
    runner = SdkAgentRunner(
        assistant, ModelCatalog({"scripted": OneModel(model)}, ONE), MemoryStorage().threads, max_rounds=4
    )
    request = RunRequest(thread=THREAD, history=[user_message("hi")], context=ADA, model=ONE)
    events = [event async for event in runner.run(request, report)]
    return events, [call_of(call) for call in model.calls], report


def call_of(call: Any) -> tuple[Any, ...]:
    """What one request said, as far as it is the agent's doing."""
    settings = call.model_settings
    names = [tool.name for tool in call.tools]
    chosen = (settings.temperature, settings.top_p, settings.max_tokens, settings.tool_choice, settings.store)
    schema = call.output_schema.name() if call.output_schema is not None else None
    return call.system_instructions, names, chosen, schema


@pytest.mark.parametrize("name", SCRIPTS)
async def test_an_agent_asks_and_ends_as_with_the_bare_sdk(name: str) -> None:
    script, shown = SCRIPTS[name]
    bare: Agent[Any] = agents()[name]
    model = ScriptedModel(script)
    config = RunConfig(model=model, tracing_disabled=True)
    result = await Runner.run(bare, [{"role": "user", "content": "hi"}], context=object(), run_config=config)
    events, calls, report = await ours(Assistant(agent=agents()[name], render=drawn), script)
    assert calls == [call_of(call) for call in model.calls]
    items = finished(events)
    texts = [item.content[0].text for item in items if isinstance(item, AssistantMessageItem)]
    assert texts == shown
    if isinstance(result.final_output, str):
        assert texts[-1] == result.final_output
    assert all(item.id in report.item_ids for item in items)


async def test_the_json_of_an_output_type_is_shown_by_a_renderer_alone() -> None:
    events, _, _ = await ours(Assistant(agent=agents()["formed"]), [[assistant_message(JSON)]])
    assert not finished(events)
    assert "Good" not in "".join(event.model_dump_json() for event in events)


async def test_a_renderer_may_draw_a_widget() -> None:
    script, _ = SCRIPTS["listed"]
    events, _, _ = await ours(Assistant(agent=agents()["listed"], render=drawn), script)
    [widget] = finished(events)
    assert isinstance(widget, WidgetItem)
    assert "milk, bread" in widget.model_dump_json()


async def test_hooks_of_the_agent_and_of_the_assistant_hear_the_run() -> None:
    HEARD.clear()
    script, _ = SCRIPTS["hooked"]
    await ours(Assistant(agent=agents()["hooked"], hooks=AllEars()), script)
    assert HEARD.count("agent starts Hooked") == 1
    assert {"agent hears sunny in Oslo", "run calls weather", "run hears sunny in Oslo", "run ends Sunny."} <= {*HEARD}
    assert (HEARD.count("run asks"), HEARD.count("run is answered")) == (2, 2)
