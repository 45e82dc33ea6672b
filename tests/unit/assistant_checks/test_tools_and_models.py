"""Tools of an agent: their names, what they require, and the models that carry them."""

import pytest
from agents import (
    CodeInterpreterTool,
    FileSearchTool,
    FunctionTool,
    HostedMCPTool,
    ImageGenerationTool,
    ModelSettings,
    Tool,
    WebSearchTool,
    function_tool,
    handoff,
)

from app.adapters.agents_sdk.models.tool_types import needed_types
from app.adapters.providers.openai.settings import Api
from app.domain.model_ref import ModelRef
from tests.fakes.hosted_tools import hosted_tools
from tests.unit.assistant_checks.examples import agent, catalog, described, other_roll, plain, problems, roll


@pytest.mark.parametrize("kind", sorted(hosted_tools()))
def test_every_tool_of_the_sdk_is_allowed_where_the_wire_carries_it(kind: str) -> None:
    assert problems(agent(tools=list(hosted_tools()[kind]))) == ()


def test_two_tools_of_one_name_are_found_across_all_that_one_model_sees() -> None:
    billing = agent(name="Billing")
    root = agent(tools=[roll], handoffs=[billing, handoff(billing)])
    both = described(agent=root, instructions="", tools=[other_roll], task_tools=lambda _: [roll])
    found = problems(both, external=["roll", "free", "transfer_to_billing"])
    clashes = ["tools[0]", "task_tools(…)[0]", "MCP_SERVERS, tool roll", "handoffs[0]", "handoffs[1]"]
    assert len(found) == len(clashes)
    assert all(any(problem.split(" has ")[0].endswith(one) for problem in found) for one in clashes)


@pytest.mark.parametrize("kind", ["web_search", "code_interpreter", "image_generation"])
def test_a_second_hosted_tool_of_a_type_is_found(kind: str) -> None:
    twice = [*hosted_tools()[kind], *hosted_tools()[kind]]
    [found] = problems(agent(tools=twice))
    assert f"tools[1] is a second {kind} beside agent “Root”, tools[0]" in found
    assert (
        problems(agent(tools=[*hosted_tools()[kind]], handoffs=[agent(name="Sub", tools=[*hosted_tools()[kind]])]))
        == ()
    )


def test_namesakes_are_allowed_where_no_model_sees_both() -> None:
    sub = agent(name="Sub", tools=[roll])
    assert problems(agent(tools=[roll], handoffs=[sub])) == ()
    switched = [function_tool(plain, is_enabled=lambda _, __: True), function_tool(plain, is_enabled=False)]
    assert problems(agent(tools=switched)) == ()


def test_a_tool_choice_names_a_tool_of_the_agent() -> None:
    sub = agent(name="Sub")
    for choice in ("auto", "roll", "transfer_to_sub", None):
        given = {"tools": [roll], "handoffs": [sub], "model_settings": ModelSettings(tool_choice=choice)}
        assert problems(agent(**given)) == (), choice
    [found] = problems(agent(tools=[roll], model_settings=ModelSettings(tool_choice="rol")))
    assert "model_settings: tool_choice 'rol'" in found


@pytest.mark.parametrize(
    ("tool", "field"),
    [
        (HostedMCPTool({"type": "mcp", "server_url": "https://x"}), "tool_config lacks server_label"),  # type: ignore[typeddict-item]
        (CodeInterpreterTool({"type": "code_interpreter"}), "tool_config lacks container"),  # type: ignore[typeddict-item]
        (ImageGenerationTool({}), "tool_config lacks type"),  # type: ignore[arg-type]
        (FileSearchTool([]), "vector_store_ids is empty"),
    ],
)
def test_a_hosted_tool_has_what_its_service_requires(tool: Tool, field: str) -> None:
    [found] = problems(agent(tools=[tool]))
    assert f"tools[0].{field}" in found


def test_a_name_that_providers_refuse_is_found() -> None:
    [found] = problems(agent(tools=[function_tool(plain, name_override="my tool!")]))
    assert "'my tool!'" in found


@pytest.mark.parametrize("kind", sorted(hosted_tools()))
def test_a_hosted_tool_needs_a_model_that_carries_it(kind: str) -> None:
    tools = list(hosted_tools()[kind])
    assert frozenset().union(*map(needed_types, tools)) == {kind}
    found = problems(agent(tools=tools), catalog(Api.CHAT))
    assert found
    assert all(kind in problem and "chat/m-chat" in problem for problem in found)


@pytest.mark.parametrize("extra", ["allowed", "fallbacks"])
def test_every_model_that_may_answer_must_carry_the_tools(extra: str) -> None:
    more = {extra: [ModelRef("chat", "other")]}
    [found] = problems(agent(tools=[WebSearchTool()]), catalog(Api.RESPONSES, Api.CHAT, **more))
    assert "chat/other" in found
    assert "responses/" not in found


def test_a_stored_prompt_needs_a_model_that_carries_it() -> None:
    [found] = problems(agent(prompt={"id": "pmpt_1"}), catalog(Api.CHAT))
    assert "prompt" in found
    assert "chat/m-chat" in found


def test_an_agent_s_own_model_decides_for_it() -> None:
    models = catalog(Api.CHAT, Api.RESPONSES)
    assert problems(agent(tools=[WebSearchTool()], model="responses/gpt-5"), models) == ()
    assert problems(agent(tools=[WebSearchTool()], model="m-chat"), models)


def test_tools_that_search_follow_the_sdk_s_rules() -> None:
    [found] = problems(agent(tools=[tool for tool in hosted_tools()["tool_search"] if isinstance(tool, FunctionTool)]))
    assert "ToolSearchTool" in found
