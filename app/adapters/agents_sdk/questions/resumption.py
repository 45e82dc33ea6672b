"""Call resumption: runs an open tool call again once its question has an answer."""

import msgspec
from agents import FunctionTool, Tool
from agents.tool_context import ToolContext

from app.adapters.agents_sdk.nested.active_run import observe_failure
from app.adapters.agents_sdk.tool_context import TurnContext
from app.adapters.agents_sdk.tools.failures import CRASHED
from app.ports.agent_runner import Answered


class PendingCall(msgspec.Struct, frozen=True):
    """A tool call as the model made it; `arguments` is JSON text."""

    id: str
    tool: str
    arguments: str


def pending_call(answered: Answered) -> PendingCall:
    """Return the tool call that waited for this answer."""
    call_id = answered.call.call_id
    calls = (item for item in answered.turn.model_items if item.get("type") == "function_call")
    call = next(item for item in calls if item["call_id"] == call_id)
    return PendingCall(call_id, call["name"], call["arguments"])


async def resume_call(call: PendingCall, tool: Tool | None, context: TurnContext) -> str:
    """Run the call's tool from its start and return its result; a failure is returned as text, not raised."""
    if not isinstance(tool, FunctionTool):
        return "This was not done: the tool is not there any more."
    tool_context = ToolContext(
        context.for_run, tool_name=call.tool, tool_call_id=call.id, tool_arguments=call.arguments
    )
    try:
        return str(await tool.on_invoke_tool(tool_context, call.arguments))
    except Exception as error:
        observe_failure(call.tool, tool_context, error)  # A tool may have no failure handler.
        return CRASHED
