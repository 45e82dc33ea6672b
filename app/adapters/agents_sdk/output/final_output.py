"""Final output: shows the end of a run where no message of a model has shown it."""

import inspect
from typing import Any

from agents import RunResult
from agents.items import ToolCallOutputItem
from chatkit.widgets import BasicRoot, Card, DynamicWidgetRoot, ListView

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.output.outlet import Outlet
from app.adapters.agents_sdk.run.crashes import broken


async def show_final_output(result: RunResult, assistant: Assistant, outlet: Outlet) -> None:
    """Show a tool's result that is the answer as a message, and an object as the assistant's renderer draws it.

    Raises `AssistantCrashedError` when the renderer fails.
    """
    output: Any = result.final_output
    by_tool = bool(result.new_items) and isinstance(result.new_items[-1], ToolCallOutputItem)
    if isinstance(output, str) and (by_tool or not outlet.structured):
        if by_tool and output.strip():
            outlet.say(output)
        return
    if assistant.render is None:
        return
    try:
        made = assistant.render(output)
        rendered: object = await made if inspect.isawaitable(made) else made
        # Each class by itself: ChatKit's union of them cannot be checked against.
        if isinstance(rendered, Card | ListView | BasicRoot | DynamicWidgetRoot):
            outlet.show_widget(rendered)
            return
    except Exception as error:
        raise broken("render", result.last_agent.name, error) from error
    if isinstance(rendered, str):
        if rendered.strip():
            outlet.say(rendered)
    elif rendered is not None:
        got = type(rendered).__name__
        raise broken("render", result.last_agent.name, TypeError(f"expected a text, a widget or None, got {got}"))
