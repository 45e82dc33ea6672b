"""Agents with the features of the Agents SDK that shape a run: instructions, output types, hooks, ends by a tool."""

from pathlib import Path
from typing import Any

from agents import Agent, AgentHooks, RunContextWrapper, RunHooks, Tool, function_tool
from chatkit.widgets import Card, Text
from pydantic import BaseModel

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.tool_context import TurnContext

HEARD = Path("heard")
"""A file in the server's folder with what the hooks heard."""


class Score(BaseModel):
    """An answer with a form."""

    title: str
    points: int


def note(text: str) -> None:
    """Write down what a hook heard."""
    with HEARD.open("a") as file:
        file.write(text + "\n")


class OfRun(RunHooks[Any]):
    """Hooks of the assistant."""

    async def on_agent_start(self, context: Any, agent: Agent[Any]) -> None:
        """Hear an agent begin."""
        note(f"run: {agent.name} starts")

    async def on_handoff(self, context: Any, from_agent: Agent[Any], to_agent: Agent[Any]) -> None:
        """Hear a handoff."""
        note(f"run: {from_agent.name} hands off to {to_agent.name}")

    async def on_tool_end(self, context: Any, agent: Agent[Any], tool: Tool, result: object) -> None:
        """Hear a tool return."""
        note(f"run: {tool.name} returned {result}")


class OfAgent(AgentHooks[Any]):
    """Hooks of one agent."""

    async def on_start(self, context: Any, agent: Agent[Any]) -> None:
        """Hear the agent begin."""
        note(f"agent: {agent.name} starts")


def instructions(context: RunContextWrapper[TurnContext], agent: Agent[TurnContext]) -> str:
    """Return instructions for this user."""
    return f"You are {agent.name}, and talk to {context.context.request.user_id}."


def render(score: Score) -> str | Card:
    """Show the answer as a text; without points, as a widget."""
    return f"{score.title}: {score.points} points" if score.points else Card(children=[Text(value="No points")])


@function_tool
def lookup(word: str) -> str:
    """Look a word up."""
    return f"found {word}"


referee = Agent[Any](name="Referee", instructions="You judge.", output_type=Score)
librarian = Agent[Any](
    name="Librarian",
    instructions="You look up.",
    tools=[lookup],
    tool_use_behavior="stop_on_first_tool",
    hooks=OfAgent(),
)
desk = Assistant(
    agent=Agent[Any](name="Desk", instructions=instructions, handoffs=[referee, librarian]),
    render=render,
    hooks=OfRun(),
)
