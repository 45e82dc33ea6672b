"""Fields of an agent and of its parts, wherever in the graph it is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import pytest
from agents import (
    Agent,
    AgentHooks,
    FunctionTool,
    Handoff,
    InputGuardrail,
    OutputGuardrail,
    RunHooks,
    WebSearchTool,
    handoff,
)
from agents.sandbox import SandboxAgent
from agents.testing import ScriptedModel
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.agents_sdk.assistant_checks.advice import advice_for
from app.adapters.agents_sdk.assistant_checks.fields import AGENT, PARTS
from tests.unit.assistant_checks.examples import (
    SECRET,
    SINGLE,
    VALUES,
    Answer,
    Loose,
    agent,
    calm,
    changed,
    instructions_of_context,
    plain,
    polite,
    problems,
    roll,
)

WRONG_AGENTS: Sequence[tuple[Mapping[str, Any], str, str]] = (
    ({"name": 3}, "name", "a text"),
    ({"handoff_description": 3}, "handoff_description", "a text"),
    ({"tools": (roll,)}, "tools", "tools=[…]"),
    ({"tools": roll}, "tools", "tools=[…]"),
    ({"tools": [plain]}, "tools[0]", "@function_tool"),
    ({"tools": [agent(name="Sub")]}, "tools[0]", "as_tool"),
    ({"tools": [handoff(agent(name="Sub"))]}, "tools[0]", "handoffs"),
    ({"tools": [WebSearchTool]}, "tools[0]", "parentheses"),
    ({"tools": [{"type": "web_search"}]}, "tools[0]", "WebSearchTool()"),
    ({"tools": ["roll"]}, "tools[0]", "a text"),
    ({"tools": [None]}, "tools[0]", "None"),
    ({"mcp_servers": None}, "mcp_servers", "a list"),
    ({"mcp_servers": ["https://x"]}, "mcp_servers[0]", "MCP_SERVERS"),
    ({"mcp_config": None}, "mcp_config", "dict"),
    ({"instructions": ["Be brief."]}, "instructions", "a text"),
    ({"instructions": plain}, "instructions", "function of 2 arguments"),
    ({"instructions": lambda a, b, c=1: ""}, "instructions", "exactly 2"),
    ({"instructions": Answer}, "instructions", "the class Answer"),
    ({"prompt": {"name": "mine"}}, "prompt", "the id of a prompt"),
    ({"prompt": "pmpt_1"}, "prompt", "a text"),
    ({"handoffs": agent(name="Sub")}, "handoffs", "handoffs=[…]"),
    ({"handoffs": ["Sub"]}, "handoffs[0]", "Agent itself"),
    ({"handoffs": [plain]}, "handoffs[0]", "on_handoff"),
    ({"handoffs": [Agent]}, "handoffs[0]", "parentheses"),
    ({"model": ScriptedModel([])}, "model", "operator"),
    ({"model": 3}, "model", "a text"),
    ({"model": "gpt-none"}, "model", "gpt-none"),
    ({"model_settings": {"temperature": 1}}, "model_settings", "ModelSettings("),
    ({"model_settings": None}, "model_settings", "None"),
    ({"input_guardrails": [plain]}, "input_guardrails[0]", "@input_guardrail"),
    ({"input_guardrails": [polite]}, "input_guardrails[0]", "output_guardrails"),
    ({"input_guardrails": calm}, "input_guardrails", "input_guardrails=[…]"),
    ({"output_guardrails": [calm]}, "output_guardrails[0]", "input_guardrails"),
    ({"output_guardrails": [plain]}, "output_guardrails[0]", "@output_guardrail"),
    ({"output_type": "Answer"}, "output_type", "a type"),
    ({"output_type": Loose}, "output_type", "strict_json_schema=False"),
    ({"output_type": Callable[[], None]}, "output_type", "schema"),
    ({"hooks": RunHooks()}, "hooks", "AgentHooks"),
    ({"hooks": AgentHooks}, "hooks", "parentheses"),
    ({"tool_use_behavior": "stop"}, "tool_use_behavior", "run_llm_again"),
    ({"tool_use_behavior": {"stop_at_tools": ["a"]}}, "tool_use_behavior", "stop_at_tool_names"),
    ({"tool_use_behavior": plain}, "tool_use_behavior", "function of 2 arguments"),
    ({"reset_tool_choice": None}, "reset_tool_choice", "True or False"),
)


@pytest.mark.parametrize(("given", "field", "reason"), WRONG_AGENTS)
def test_a_wrong_field_of_an_agent_is_named(given: Mapping[str, Any], field: str, reason: str) -> None:
    [found] = problems(changed(agent(), **given))
    assert f", {field}" in found
    assert reason in found


def test_every_field_of_an_agent_is_checked() -> None:
    own = {field.name for field in fields(Agent) if not field.name.startswith("_")}
    assert own == AGENT.keys() == {name for given, _, _ in WRONG_AGENTS for name in given}


@pytest.mark.parametrize("field", sorted(AGENT))
def test_no_value_of_an_agent_s_field_breaks_the_check(field: str) -> None:
    for value in SINGLE:
        problems(changed(agent(), **{field: value}))
        problems(changed(agent(), **{field: [value]}))


# A sentence says the agent's name, whatever that is.
@given(st.dictionaries(st.sampled_from(sorted(set(AGENT) - {"name"})), VALUES, max_size=4))
def test_no_values_of_several_fields_break_the_check(values: Mapping[str, Any]) -> None:
    problems(changed(agent(), **values))


def places() -> Mapping[str, Callable[[Agent[Any]], Agent[Any]]]:
    """An agent put at each place of a graph where it can be seen."""
    return {
        "handoffs": lambda sub: agent(handoffs=[sub]),
        "a handoff object": lambda sub: agent(handoffs=[handoff(sub)]),
        "a tool": lambda sub: agent(tools=[sub.as_tool(tool_name="sub", tool_description="x")]),
        "a cycle": lambda sub: changed(sub, handoffs=[agent(handoffs=[sub])]),
        "two steps": lambda sub: agent(handoffs=[agent(name="Mid", tools=[sub.as_tool("sub", "x")])]),
    }


@pytest.mark.parametrize("place", places())
def test_an_agent_is_checked_wherever_it_is(place: str) -> None:
    sub = agent(name="Sub", tools=[roll, roll], model="gpt-none")
    found = problems(places()[place](sub))
    assert len(found) == 2
    assert all("agent “Sub”" in problem for problem in found)


@pytest.mark.parametrize(
    ("part", "field"),
    [
        (FunctionTool("a", "", {}, plain, strict_json_schema=False), "on_invoke_tool"),  # type: ignore[arg-type]
        (FunctionTool(3, "", {}, instructions_of_context, strict_json_schema=False), "name"),  # type: ignore[arg-type]
        (Handoff("to", "", {}, None, "Sub"), "on_invoke_handoff"),  # type: ignore[arg-type]
        (InputGuardrail(plain), "guardrail_function"),  # type: ignore[arg-type]
        (OutputGuardrail("polite"), "guardrail_function"),  # type: ignore[arg-type]
    ],
)
def test_the_fields_of_tools_handoffs_and_guardrails_are_checked(part: Any, field: str) -> None:
    homes = {FunctionTool: "tools", Handoff: "handoffs", InputGuardrail: "input_guardrails"}
    home = homes.get(type(part), "output_guardrails")
    [found] = problems(agent(**{home: [part]}))
    assert f"{home}[0].{field}" in found


def test_the_fields_of_parts_exist() -> None:
    for kind, hints in PARTS.items():
        assert hints.keys() <= {field.name for field in fields(kind)}, kind


def test_a_sandbox_is_not_opened() -> None:
    [found] = problems(SandboxAgent(name="Box"))
    assert "SandboxAgent" in found


def test_no_value_is_shown() -> None:
    secrets = {"instructions": [SECRET], "model_settings": {"extra": SECRET}, "handoffs": [SECRET], "hooks": SECRET}
    assert len(problems(changed(agent(), **secrets))) == len(secrets)


def test_advice_exists_for_the_usual_mistakes() -> None:
    assert advice_for("tools", plain) == "Decorate it with @function_tool."
    assert advice_for("name", 3) == ""
