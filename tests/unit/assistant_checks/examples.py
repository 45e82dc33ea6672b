"""Assistants to check, with right and wrong parts, and the sentences about them."""

from collections.abc import Sequence
from typing import Any

from agents import (
    Agent,
    AgentHooks,
    AgentOutputSchema,
    GuardrailFunctionOutput,
    ModelSettings,
    StopAtTools,
    WebSearchTool,
    function_tool,
    handoff,
    input_guardrail,
    output_guardrail,
)
from agents.testing import ScriptedModel
from hypothesis import strategies as st
from pydantic import BaseModel

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.assistant_checks.check import AssistantCheck
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
