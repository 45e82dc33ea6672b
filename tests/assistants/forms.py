"""Agents with each feature of the SDK that decides what is asked and what is shown."""

from typing import Any

from agents import (
    Agent,
    AgentHooks,
    ModelSettings,
    RunContextWrapper,
    RunHooks,
    StopAtTools,
    Tool,
    ToolsToFinalOutputResult,
    function_tool,
)
from chatkit.widgets import Card, Text
from pydantic import BaseModel


class Verdict(BaseModel):
    """The form of an answer."""

    title: str
    score: int


HEARD: list[str] = []


class Ears(AgentHooks[Any]):
    """Hooks of one agent."""

    async def on_start(self, context: Any, agent: Any) -> None:
        HEARD.append(f"agent starts {agent.name}")

    async def on_tool_end(self, context: Any, agent: Any, tool: Any, result: Any) -> None:
        HEARD.append(f"agent hears {result}")


class AllEars(RunHooks[Any]):
    """Hooks of every run."""

    async def on_llm_start(self, *_: Any, **__: Any) -> None:
        HEARD.append("run asks")

    async def on_llm_end(self, *_: Any, **__: Any) -> None:
        HEARD.append("run is answered")

    async def on_tool_start(self, context: Any, agent: Any, tool: Any) -> None:
        HEARD.append(f"run calls {tool.name}")

    async def on_tool_end(self, context: Any, agent: Any, tool: Any, result: Any) -> None:
        HEARD.append(f"run hears {result}")

    async def on_agent_end(self, context: Any, agent: Any, output: Any) -> None:
        HEARD.append(f"run ends {output}")


@function_tool
def weather(city: str) -> str:
    """The weather in a city."""
    return f"sunny in {city}"


@function_tool
def numbers() -> dict[str, int]:
    """Some numbers."""
    return {"one": 1}


@function_tool(is_enabled=lambda context, agent: context.context is None)
def secret() -> str:
    """A tool that is off."""
    return "secret"


async def dated(context: RunContextWrapper[Any], agent: Agent[Any]) -> str:
    """Instructions of a function."""
    return f"You are {agent.name}, and it is noon."


async def stops(context: Any, results: Any) -> ToolsToFinalOutputResult:
    """Decides after each round of tools."""
    done = any("Oslo" in str(result.output) for result in results)
    return ToolsToFinalOutputResult(is_final_output=done, final_output="It is decided: Oslo." if done else None)


def agents() -> dict[str, Agent[Any]]:
    """One agent for each feature."""
    tools: list[Tool] = [weather, numbers, secret]
    return {
        "dated": Agent(name="Dated", instructions=dated, tools=tools),
        "settled": Agent(
            name="Settled",
            instructions="Be brief.",
            tools=tools,
            model_settings=ModelSettings(temperature=0.25, top_p=0.5, max_tokens=99, tool_choice="weather", store=True),
        ),
        "kept": Agent(
            name="Kept",
            instructions="Be brief.",
            tools=tools,
            reset_tool_choice=False,
            model_settings=ModelSettings(tool_choice="weather"),
        ),
        "first": Agent(name="First", instructions="Be brief.", tools=tools, tool_use_behavior="stop_on_first_tool"),
        "some": Agent(
            name="Some",
            instructions="Be brief.",
            tools=tools,
            tool_use_behavior=StopAtTools(stop_at_tool_names=["numbers"]),
        ),
        "decided": Agent(name="Decided", instructions="Be brief.", tools=tools, tool_use_behavior=stops),
        "formed": Agent(name="Formed", instructions="Be brief.", tools=tools, output_type=Verdict),
        "listed": Agent(name="Listed", instructions="Be brief.", output_type=list[str]),
        "hooked": Agent(name="Hooked", instructions="Be brief.", tools=[weather], hooks=Ears()),
    }


def drawn(output: Any) -> Any:
    """Shows a verdict as text, a list as a widget, and nothing else."""
    if isinstance(output, Verdict):
        return f"**{output.title}**: {output.score}"
    return Card(children=[Text(value=", ".join(output))]) if isinstance(output, list) else None
