"""An open call, made again now that there is an answer."""

import msgspec
from agents import FunctionTool
from agents.tool_context import ToolContext

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.tool_context import TurnContext
from app.ports.agent_runner import Answered


class PendingCall(msgspec.Struct, frozen=True):
    """The call as the model made it."""

    id: str
    tool: str
    arguments: str


def opened(answered: Answered) -> PendingCall:
    """The call that `answered` answers."""
    call_id = answered.call.call_id
    calls = (item for item in answered.turn.model_items if item.get("type") == "function_call")
    call = next(item for item in calls if item["call_id"] == call_id)
    return PendingCall(call_id, call["name"], call["arguments"])


async def repeat(call: PendingCall, assistant: Assistant, context: TurnContext) -> str:
    """Run the call's tool again and return its result; a tool never raises, it says what is wrong."""
    tool = next((tool for tool in assistant.tools if tool.name == call.tool), None)
    if not isinstance(tool, FunctionTool):
        return "This was not done: the tool is not there any more."
    tool_context = ToolContext(context, tool_name=call.tool, tool_call_id=call.id, tool_arguments=call.arguments)
    return str(await tool.on_invoke_tool(tool_context, call.arguments))
