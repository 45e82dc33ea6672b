"""The check of an assistant: each field takes values of its types only, and every mistake is named with its field."""

import functools
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

import pytest
from agents import (
    Agent,
    AgentHooks,
    AgentOutputSchema,
    CodeInterpreterTool,
    FileSearchTool,
    FunctionTool,
    GuardrailFunctionOutput,
    Handoff,
    HostedMCPTool,
    ImageGenerationTool,
    InputGuardrail,
    ModelSettings,
    OutputGuardrail,
    RunHooks,
    StopAtTools,
    Tool,
    WebSearchTool,
    function_tool,
    handoff,
    input_guardrail,
    output_guardrail,
)
from agents.sandbox import SandboxAgent
from agents.testing import ScriptedModel
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.assistant_checks.advice import advice_for
from app.adapters.agents_sdk.assistant_checks.check import AssistantCheck
from app.adapters.agents_sdk.assistant_checks.fields import AGENT, PARTS
from app.adapters.agents_sdk.models.tool_types import needed_types
from app.adapters.providers.openai.provider import OpenAIProvider
from app.adapters.providers.openai.settings import Api, OpenAISettings
from app.adapters.stores.memory.tasks import MemoryTaskRepository
from app.application.conversation.model_catalog import ModelCatalog
from app.application.tasks.service import TaskService
from app.domain.errors import AssistantError
from app.domain.model_ref import ModelRef
from app.domain.start_screen import Prompt, StartScreen
from app.environment import Secret
from app.ports.toolbox import ToolSpec
from tests.fakes.hosted_tools import hosted_tools

SECRET = "sk-never-shown-0123456789"
NAME = "bot.py:agent"


def plain() -> str:
    return "done"


def title(name: str, arguments: Mapping[str, Any]) -> str:
    return name


def yielding(turn: Any) -> Iterator[Any]:
    yield turn


async def async_yielding(turn: Any) -> AsyncIterator[Any]:
    yield turn


async def async_title(name: str, arguments: Mapping[str, Any]) -> str:
    return name


async def click(action: Any, sender: Any, context: Any) -> None:
    """Run an action."""


def not_async(action: Any, sender: Any, context: Any) -> None:
    """Run an action, without async."""


async def generator(action: Any, sender: Any, context: Any) -> AsyncIterator[None]:
    """Run an action, with yield."""
    yield None


@function_tool
def roll(dice: int) -> int:
    """Roll dice."""
    return dice


@function_tool(name_override="roll")
def other_roll() -> int:
    """Roll another way."""
    return 1


@input_guardrail
def calm(context: Any, agent: Any, text: Any) -> GuardrailFunctionOutput:
    return GuardrailFunctionOutput(output_info=None, tripwire_triggered=False)


@output_guardrail
def polite(context: Any, agent: Any, text: Any) -> GuardrailFunctionOutput:
    return GuardrailFunctionOutput(output_info=None, tripwire_triggered=False)


def changed(agent: Agent[Any], **values: Any) -> Agent[Any]:
    """The agent with values that its own constructor refuses."""
    for name, value in values.items():
        setattr(agent, name, value)
    return agent


def agent(**given: Any) -> Agent[Any]:
    return Agent(**{"name": "Root", "instructions": "Be brief.", **given})


def described(**given: Any) -> Assistant:
    return Assistant(**{"name": "Test", "instructions": "Be brief.", **given})


def catalog(*apis: Api, **more: Any) -> ModelCatalog:
    """Models of one provider for each API, the default one first; `wrong` never answers, as no model is asked."""
    providers: dict[str, Any] = {}
    for api in apis or (Api.RESPONSES,):
        settings = OpenAISettings(api_key=Secret(SECRET), base_url="http://127.0.0.1:9/v1", api=api, model=f"m-{api}")
        providers[str(api)] = OpenAIProvider(settings)
    first = next(iter(providers))
    return ModelCatalog(providers, ModelRef(first, f"m-{first}"), **more)


def problems(
    checked: Assistant | Agent[Any], models: ModelCatalog | None = None, external: Sequence[str] = ()
) -> Sequence[str]:
    """The sentences about an assistant; none for a right one."""
    assistant = Assistant(agent=checked) if isinstance(checked, Agent) else checked
    specs = [ToolSpec(name=name, description="", schema={}) for name in external]
    check = AssistantCheck(models or catalog(), ["demo", "gemini"], specs, TaskService(MemoryTaskRepository()))
    try:
        check.equipped(NAME, assistant)
    except AssistantError as error:
        found = error
    else:
        return ()
    assert NAME in found.message
    assert SECRET not in found.message
    return found.problems


class Answer(BaseModel):
    """An output type."""

    text: str


class Loose(BaseModel):
    """An output type whose schema is not strict."""

    more: dict[str, int]


async def instructions_of_context(context: Any, agent: Any) -> str:
    return "Be brief."


def everything() -> Agent[Any]:
    """An agent that uses each field as the SDK allows it, with a cycle."""
    back = agent(name="Back", instructions=instructions_of_context, output_type=list[Answer])
    helper = agent(name="Helper", instructions=lambda _, __: "x", output_type=AgentOutputSchema(Loose, False))
    root = agent(
        handoff_description="The first.",
        tools=[roll, *hosted_tools()["web_search"], helper.as_tool(tool_name="help", tool_description="Helps.")],
        handoffs=[back, handoff(helper, tool_name_override="to_helper", input_filter=lambda data: data)],
        model="m-responses",
        model_settings=ModelSettings(temperature=0.1),
        input_guardrails=[calm],
        output_guardrails=[polite],
        output_type=Answer,
        hooks=AgentHooks(),
        tool_use_behavior=StopAtTools(stop_at_tool_names=["roll"]),
        reset_tool_choice=False,
        prompt={"id": "pmpt_1"},
    )
    back.handoffs.append(root)
    helper.handoffs.append(back)
    return root


def test_what_the_sdk_allows_is_allowed() -> None:
    assert problems(everything()) == ()
    assert problems(described(agent=everything(), instructions="", describe=title, tracked=frozenset({"roll"}))) == ()
    start = StartScreen(greeting="Hello", prompts=[Prompt(label="a", prompt="b")])
    assert problems(described(tools=(roll,), start=start, task_tools=lambda _: [other_roll], tracked={"a"})) != ()
    assert problems(described(tools=[roll], start=start, model=ModelRef("demo", "demo"))) == ()


@pytest.mark.parametrize("kind", sorted(hosted_tools()))
def test_every_tool_of_the_sdk_is_allowed_where_the_wire_carries_it(kind: str) -> None:
    assert problems(agent(tools=list(hosted_tools()[kind]))) == ()


WRONG_ASSISTANTS: Sequence[tuple[Mapping[str, Any], str, str]] = (
    ({"name": 3}, "name", "an int"),
    ({"instructions": plain}, "instructions", "function plain"),
    ({"instructions": ""}, "instructions", "neither instructions nor an agent"),
    ({"agent": agent()}, "instructions", "into the agent"),
    ({"agent": Agent, "instructions": ""}, "agent", "Agent(name=…)"),
    ({"agent": "Triage"}, "agent", "a text"),
    ({"tools": roll}, "tools", "a list"),
    ({"tools": [plain]}, "tools[0]", "@function_tool"),
    ({"tools": [roll, agent()]}, "tools[1]", "as_tool"),
    ({"tools": [[roll]]}, "tools[0]", "star"),
    ({"tools": [roll, roll]}, "tools[1]", "tools[0]"),
    ({"task_tools": [roll]}, "task_tools", "function of 1 argument"),
    ({"task_tools": plain}, "task_tools", "function of 1 argument"),
    ({"task_tools": lambda _: [plain]}, "task_tools[0]", "@function_tool"),
    ({"task_tools": lambda _: None}, "task_tools", "None"),
    ({"task_tools": lambda _: 1 / 0}, "task_tools", "ZeroDivisionError"),
    ({"task_tools": lambda _: [other_roll], "tools": [roll]}, "task_tools(…)[0]", "'roll'"),
    ({"model": "gemini/gemini-2.5-flash"}, "model", "ModelRef("),
    ({"model": ModelRef("gemni", "x")}, "model", "Did you mean gemini?"),
    ({"model": ModelRef(["gemini"], "x")}, "model.provider", "a list"),  # type: ignore[arg-type]
    ({"start": {"greeting": "Hello"}}, "start", "StartScreen(greeting=…"),
    ({"start": "Hello"}, "start", "StartScreen(greeting=…"),
    ({"start": StartScreen}, "start", "parentheses"),
    ({"start": StartScreen(greeting=None)}, "start.greeting", "a text"),  # type: ignore[arg-type]
    ({"start": StartScreen(prompts="Hello")}, "start.prompts", "a list"),  # type: ignore[arg-type]
    ({"start": StartScreen(prompts=["Hello"])}, "start.prompts[0]", "Prompt(label=…"),  # type: ignore[list-item]
    ({"start": StartScreen(prompts=[{}])}, "start.prompts[0]", "Prompt(label=…"),  # type: ignore[list-item]
    (
        {"start": StartScreen(prompts=[Prompt(label=1, prompt="b")])},  # type: ignore[arg-type]
        "start.prompts[0].label",
        "a text",
    ),
    ({"tracked": ["roll"]}, "tracked", "frozenset({…})"),
    ({"tracked": frozenset({1})}, "tracked[0]", "a text"),
    ({"describe": "a line"}, "describe", "function of 2 arguments"),
    ({"describe": plain}, "describe", "function of 2 arguments"),
    ({"describe": async_title}, "describe", "not async"),
    ({"context": StartScreen}, "context", "lambda turn:"),
    ({"context": plain}, "context", "function of 1 argument"),
    ({"context": {"user": "ann"}}, "context", "function of 1 argument"),
    ({"context": yielding}, "context", "that yields"),
    ({"context": async_yielding}, "context", "that yields"),
    ({"actions": [click]}, "actions", "a Mapping"),
    ({"actions": {"poll.vote": "vote"}}, "actions['poll.vote']", "a text"),
    ({"actions": {"poll.vote": roll}}, "actions['poll.vote']", "async function of 3 arguments"),
    ({"actions": {"poll.vote": title}}, "actions['poll.vote']", "async function of 3 arguments"),
    ({"actions": {"poll.vote": not_async}}, "actions['poll.vote']", "async def"),
    ({"actions": {"poll.vote": async_title}}, "actions['poll.vote']", "of 2 arguments"),
    ({"actions": {"poll.vote": generator}}, "actions['poll.vote']", "without yield"),
    ({"actions": {"poll.vote": Answer}}, "actions['poll.vote']", "the class Answer"),
    ({"actions": {1: click}}, "actions", "'poll.vote'"),
    ({"actions": {"tasks.list": click}, "task_tools": lambda _: []}, "actions['tasks.list']", "another type"),
)


@pytest.mark.parametrize(("given", "field", "reason"), WRONG_ASSISTANTS)
def test_a_wrong_field_of_an_assistant_is_named(given: Mapping[str, Any], field: str, reason: str) -> None:
    [found] = problems(described(**given))
    assert field in found
    assert reason in found


def test_the_functions_of_actions_may_be_written_in_every_way() -> None:
    class Counter:
        async def __call__(self, action: Any, sender: Any, context: Any) -> None:
            """Count a vote."""

    @functools.wraps(click)
    def wrapped(*given: Any) -> Any:
        return click(*given)

    actions = {"a": click, "b": Counter(), "c": Counter().__call__, "d": wrapped, "e": functools.partial(click)}
    assert not problems(described(actions={**actions, "tasks.list": click}))


def test_no_value_of_an_action_breaks_the_check() -> None:
    for value in SINGLE:
        problems(described(actions={"poll.vote": value}))


def test_every_field_of_an_assistant_is_checked() -> None:
    tried = {name for given, _, _ in WRONG_ASSISTANTS for name in given}
    assert tried >= set(Assistant.__struct_fields__) & {
        *("agent", "name", "instructions", "tools", "task_tools", "model", "start", "tracked", "describe", "context")
    }
    for name in Assistant.__struct_fields__:
        assert any(name in found for found in problems(described(**{name: object()}))), name


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


class Hostile:
    """A value that answers no question about itself."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("nobody asks")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("nobody compares")

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        raise RuntimeError("nobody prints")


SINGLE: Sequence[Any] = [
    *(None, 3, 0.5, True, "", SECRET, b"x", {}, {"type": "x"}, {1}, frozenset(), Agent, WebSearchTool, plain, max),
    *(roll, calm, polite, agent(), handoff(agent()), ModelSettings(), AgentHooks(), Answer, list[int], Any, Hostile()),
    *(StartScreen(), Prompt(label="a", prompt="b"), ModelRef("demo", "demo"), ScriptedModel([]), range(3), Ellipsis),
]
VALUES = st.sampled_from(SINGLE) | st.lists(st.sampled_from(SINGLE), max_size=3)
VALUES |= st.lists(VALUES, max_size=2).map(tuple)


@pytest.mark.parametrize("field", sorted(AGENT))
def test_no_value_of_an_agent_s_field_breaks_the_check(field: str) -> None:
    for value in SINGLE:
        problems(changed(agent(), **{field: value}))
        problems(changed(agent(), **{field: [value]}))


@pytest.mark.parametrize("field", sorted(Assistant.__struct_fields__))
def test_no_value_of_an_assistant_s_field_breaks_the_check(field: str) -> None:
    for value in SINGLE:
        problems(described(**{field: value}))
        problems(described(**{field: [value]}))


# A sentence says the agent's name, whatever that is.
@given(st.dictionaries(st.sampled_from(sorted(set(AGENT) - {"name"})), VALUES, max_size=4))
def test_no_values_of_several_fields_break_the_check(values: Mapping[str, Any]) -> None:
    problems(changed(agent(), **values))


@given(VALUES, VALUES, VALUES)
def test_no_value_of_a_start_screen_breaks_the_check(greeting: Any, prompts: Any, label: Any) -> None:
    prompt: Any = Prompt(label=label, prompt=label, icon=label)
    problems(described(start=StartScreen(greeting=greeting, prompts=prompts)))
    problems(described(start=StartScreen(prompts=[prompt])))


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


@pytest.mark.parametrize("icon", ["book-opened", "", SECRET])
def test_an_icon_that_no_front_end_draws_is_found(icon: str) -> None:
    start = StartScreen(prompts=[Prompt(label="a", prompt="b", icon=icon)])
    [found] = problems(described(start=start))
    assert "start.prompts[0].icon is none of ChatKit's icons" in found
    assert ("Did you mean book-open?" in found) == (icon == "book-opened")
    for right in ("book-open", "lucide:cat", "vendor:acme"):
        assert problems(described(start=StartScreen(prompts=[Prompt(label="a", prompt="b", icon=right)]))) == ()


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


def test_all_mistakes_are_reported_at_once() -> None:
    wrong = Assistant(
        agent=agent(tools=[plain, roll, other_roll], model="gpt-none"),
        tracked=["a"],  # type: ignore[arg-type]
        start=StartScreen(greeting=1),  # type: ignore[arg-type]
    )
    assert len(problems(wrong)) == 5


def test_a_sandbox_is_not_opened() -> None:
    [found] = problems(SandboxAgent(name="Box"))
    assert "SandboxAgent" in found


def test_no_value_is_shown() -> None:
    secrets = {"instructions": [SECRET], "model_settings": {"extra": SECRET}, "handoffs": [SECRET], "hooks": SECRET}
    assert len(problems(changed(agent(), **secrets))) == len(secrets)


def test_tools_that_search_follow_the_sdk_s_rules() -> None:
    [found] = problems(agent(tools=[tool for tool in hosted_tools()["tool_search"] if isinstance(tool, FunctionTool)]))
    assert "ToolSearchTool" in found


def test_advice_exists_for_the_usual_mistakes() -> None:
    assert advice_for("tools", plain) == "Decorate it with @function_tool."
    assert advice_for("name", 3) == ""
