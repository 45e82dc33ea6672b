"""The description of an assistant: facts about each part, whatever values its fields have, and no secrets."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import msgspec
import pytest
from agents import ModelSettings, Tool, function_tool
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.assistant_checks.fields import AGENT, PARTS
from app.adapters.agents_sdk.assistant_description.agents import agent_facts, agents_in, assistant_facts
from app.adapters.agents_sdk.assistant_description.definition import place_of
from app.adapters.agents_sdk.assistant_description.parts import tool_part
from app.adapters.agents_sdk.loading.loader import find_named
from app.adapters.providers.openai.settings import Api
from app.adapters.stores.memory.tasks import MemoryTaskRepository
from app.application.health.assistant_outlook import outlook
from app.application.health.assistant_report import AssistantFacts
from app.application.tasks.service import TaskService
from app.domain.model_ref import ModelRef
from app.domain.start_screen import Prompt, StartScreen
from tests.fakes.hosted_tools import hosted_tools
from tests.unit.assistant_checks.examples import SECRET, SINGLE, VALUES, agent, catalog, changed, everything

TASKS = TaskService(MemoryTaskRepository())


class Answer(BaseModel):
    """An output type."""

    text: str


def kinds(facts: AssistantFacts, name: str) -> list[str]:
    """The kinds of the parts of one agent, in order."""
    [found] = [agent for agent in facts.agents if agent.name == name]
    return [part.kind for part in found.parts]


def test_each_agent_of_the_graph_is_described_once() -> None:
    facts = agent_facts(everything())
    assert [one.name for one in facts.agents] == ["Root", "Back", "Helper"]
    wanted = {"function tool", "hosted tool", "agent as tool", "handoff", "input guardrail", "output guardrail"}
    assert {*kinds(facts, "Root")} >= wanted | {"output type", "hooks", "prompt", "instructions"}


@pytest.mark.parametrize("kind", sorted(hosted_tools()))
def test_a_tool_says_what_its_wire_must_carry(kind: str) -> None:
    tools = [tool_part(tool) for tool in hosted_tools()[kind]]
    assert any(kind in part.needs for part in tools)
    assert all(part.kind != "no tool" and part.name for part in tools)


@pytest.mark.parametrize("field", sorted(AGENT))
def test_no_value_of_an_agent_s_field_breaks_its_description(field: str) -> None:
    for value in SINGLE:
        agent_facts(changed(agent(), **{field: value}))
        agent_facts(changed(agent(), **{field: [value]}))


@pytest.mark.parametrize("field", sorted(Assistant.__struct_fields__))
def test_no_value_of_an_assistant_s_field_breaks_its_description(field: str) -> None:
    for value in SINGLE:
        for given_value in (value, [value]):
            values: Any = {field: given_value}
            assistant_facts(Assistant(**values), TASKS)


@given(st.dictionaries(st.sampled_from(sorted(AGENT)), VALUES, max_size=4))
def test_no_values_of_an_agent_break_its_description(values: Mapping[str, Any]) -> None:
    agent_facts(changed(agent(), **values))
    assistant_facts(Assistant(agent=changed(agent(), **values)), TASKS)


@given(st.dictionaries(st.sampled_from(Assistant.__struct_fields__), VALUES, max_size=4))
def test_no_values_of_an_assistant_break_its_description(values: Mapping[str, Any]) -> None:
    assistant_facts(Assistant(**values), TASKS)


@given(st.sampled_from([(kind, field) for kind, hints in PARTS.items() for field in hints]), VALUES)
def test_no_value_of_a_part_breaks_its_description(place: tuple[type, str], value: Any) -> None:
    kind, field = place
    part: Any = object.__new__(kind)
    vars(part)[field] = value
    lists = ("tools", "handoffs", "input_guardrails", "output_guardrails", "mcp_servers")
    agent_facts(changed(agent(), **{name: [part] for name in lists}))


def test_no_value_is_shown() -> None:
    @function_tool
    def find() -> str:
        """Find."""
        return SECRET

    class Server:
        name = f"streamable_http: https://user:{SECRET}@example.com/mcp?token={SECRET}"

    secretive = changed(
        agent(name=f"Bot {SECRET}", instructions=SECRET, tools=[find]),
        model_settings=ModelSettings(extra_headers={"x": SECRET}),
        mcp_servers=[Server()],
    )
    start = StartScreen(greeting=SECRET, prompts=[Prompt(label=SECRET, prompt=SECRET)])
    facts = assistant_facts(Assistant(agent=secretive, start=start, guardrail_message=SECRET), TASKS)
    assert SECRET not in str(msgspec.to_builtins(facts))
    assert "example.com/mcp" in str(msgspec.to_builtins(facts))


def test_the_outlook_compares_each_need_with_each_model_that_may_answer() -> None:
    tools: list[Tool] = [*hosted_tools()["web_search"]]
    facts = msgspec.structs.replace(agent_facts(agent(tools=tools)), is_graph=False)
    models = catalog(Api.RESPONSES, Api.CHAT, fallbacks=[ModelRef("chat", "m-chat")])
    found = outlook(facts, models)
    assert "web_search: responses/m-responses" in found.works
    assert any("chat/m-chat: cannot carry web_search" in warning for warning in found.warnings)
    assert [model.id for model in found.models] == ["responses/m-responses", "chat/m-chat"]
    strict = outlook(agent_facts(agent(tools=tools)), models)
    assert not strict.warnings, "the check of the start names it"


def test_an_agent_s_own_model_is_the_one_that_answers() -> None:
    facts = agent_facts(agent(model="m-chat", tools=[*hosted_tools()["web_search"]]))
    found = outlook(facts, catalog(Api.RESPONSES, Api.CHAT, allowed=[ModelRef("chat", "m-chat")]))
    assert [model.id for model in found.models] == ["chat/m-chat"]
    assert found.facts.agents[0].model == "chat/m-chat"
    assert "web_search: responses/m-responses" not in found.works
    assert outlook(agent_facts(agent(model="unknown")), catalog()).facts.agents[0].model == "unknown"


def test_an_output_is_remarked_where_a_user_would_miss_it() -> None:
    writer = agent(name="Writer", output_type=Answer)
    assert agent_facts(agent(handoffs=[writer])).warnings
    assert not agent_facts(agent(tools=[writer.as_tool("write", "Writes.")])).warnings
    assert not assistant_facts(Assistant(agent=writer, render=str), TASKS).warnings


def test_names_that_no_tool_has_are_remarked() -> None:
    facts = assistant_facts(Assistant(agent=agent(), tracked=frozenset({"gone"})), TASKS)
    assert any("'gone'" in warning for warning in facts.warnings)


def test_brought_code_is_described_with_the_agents_of_its_module() -> None:
    module = ModuleType("exported")
    vars(module).update(
        first=agent(name="First", model="unknown"), second=agent(name="Second", handoffs=[agent(name="Behind")])
    )
    found = outlook(AssistantFacts(form="code", name="run", agents=agents_in(module), is_graph=False), catalog())
    assert [one.name for one in found.facts.agents] == ["First", "Second", "Behind"]
    [warning] = found.warnings
    assert "agent “First”" in warning
    assert "'unknown'" in warning


def test_a_definition_has_its_line() -> None:
    file, line = place_of(find_named("tests.assistants.graph:translator"))
    assert file == "tests/assistants/graph.py"
    assert line is not None
