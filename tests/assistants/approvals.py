"""A clerk that pays once the user allows it, and stops where a test wants the process to die."""

import asyncio
import os
from pathlib import Path
from typing import Any

from agents import Agent, AgentHooks, RunContextWrapper, Tool, function_tool
from agents.tool_context import ToolContext

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.tool_context import TurnContext
from app.adapters.agents_sdk.tools.ask_user import ask_user_tool

FOLDER = Path(os.environ.get("PAYMENTS", "."))
"""Payments are lines of `paid`; a file with a thread's id names the point where its turn stops."""


async def gate(ctx: RunContextWrapper[TurnContext], point: str) -> None:
    """Stop for good where the thread's file says so."""
    wanted = FOLDER / ctx.context.thread.id
    if await asyncio.to_thread(wanted.exists) and await asyncio.to_thread(wanted.read_text) == point:
        await asyncio.to_thread(wanted.with_suffix(".here").touch)
        await asyncio.Event().wait()


async def is_open(ctx: RunContextWrapper[TurnContext], _agent: Any) -> bool:
    """The SDK asks this first when a run goes on: the answer is stored, and no decision taken up."""
    await gate(ctx, "answered")
    return True


@function_tool(needs_approval=True, is_enabled=is_open)
async def pay(ctx: ToolContext[TurnContext], to: str, amount: int) -> str:
    """Pay somebody."""
    await gate(ctx, "running")
    with (FOLDER / "paid").open("a") as paid:  # a line that is there at once
        paid.write(f"{ctx.context.thread.id} {to} {amount}\n")
    await gate(ctx, "paid")
    return f"paid {amount} to {to}"


@function_tool
async def look(place: str) -> str:
    """Look at a place."""
    return f"saw {place}"


class Gates(AgentHooks[TurnContext]):
    """Stops around the tool: with the decision taken up, and with a result that is not recorded."""

    async def on_tool_start(self, context: RunContextWrapper[TurnContext], agent: Any, tool: Tool) -> None:
        await gate(context, "taken_up")

    async def on_tool_end(
        self, context: RunContextWrapper[TurnContext], agent: Any, tool: Tool, result: object
    ) -> None:
        await gate(context, "done")


clerk = Agent[Any](name="Clerk", instructions="You pay.", tools=[pay, look, ask_user_tool()], hooks=Gates())
front = Agent[Any](name="Front", instructions="You sort.", handoffs=[clerk])
helper = Agent[Any](name="Helper", instructions="You help.", tools=[pay])
boss = Agent[Any](name="Boss", instructions="You delegate.", tools=[helper.as_tool("helper", "Helps.")])

clerks = Assistant(agent=clerk, editable_arguments=frozenset({"pay"}))
fronts = Assistant(agent=front)
bosses = Assistant(agent=boss)
