"""Assistant with one tool, which sends a client effect to the page."""

from agents import RunContextWrapper, function_tool

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.tool_context import TurnContext


@function_tool
async def ring(ctx: RunContextWrapper[TurnContext]) -> str:
    """Ring the bell."""
    ctx.context.stage.effect("bell.rang", {"times": 2})
    return "It rang."


bell = Assistant(name="Bell", instructions="Ring.", tools=[ring])
