"""An agent whose function tools return each kind of result, in each way of the Agents SDK."""

import asyncio
from typing import Any

from agents import Agent, RunContextWrapper, ToolOutputImage, function_tool

from app.adapters.agents_sdk.assistant import Assistant

PIXEL = "data:image/png;base64,iVBORw0KGgo="
both_began = asyncio.Event()
begun: list[str] = []


@function_tool
async def meet(name: str) -> str:
    """Wait for the other call of the same response."""
    begun.append(name)
    if len(begun) == 2:
        both_began.set()
    await both_began.wait()
    return f"{name} met"


@function_tool
def weather(city: str) -> dict[str, Any]:
    """Return a dictionary."""
    return {"city": city, "degrees": 7}


@function_tool
def photo() -> ToolOutputImage:
    """Return a picture."""
    return ToolOutputImage(image_url=PIXEL)


@function_tool(timeout=0.05)
async def slow() -> str:
    """Take longer than allowed."""
    await asyncio.Event().wait()
    return "never"


def _is_evening(context: RunContextWrapper[Any], agent: Any) -> bool:
    return False


@function_tool(is_enabled=_is_evening)
def evening() -> str:
    """Be offered in the evening only."""
    return "never"


assistant = Assistant(
    agent=Agent(name="Guide", instructions="Use your tools.", tools=[meet, weather, photo, slow, evening])
)
