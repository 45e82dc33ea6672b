"""Toolbox: the assistant's tools for callers outside a conversation, with the same schemas, rules and errors."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Never

from agents import FunctionTool, Tool
from agents.tool_context import ToolContext
from chatkit.types import StructuredInput, ThreadMetadata
from chatkit.widgets import WidgetRoot

from app.adapters.agents_sdk.tool_context import TurnContext
from app.adapters.agents_sdk.tools.failures import NOT_DONE
from app.domain.clock import clock
from app.domain.errors import InvalidInputError, NotFoundError
from app.domain.identity import RequestContext
from app.domain.ids import new_id
from app.domain.language import _
from app.ports.toolbox import Toolbox, ToolResult, ToolSpec

NO_APPROVAL: Final = f"{NOT_DONE}: a user must approve this call, and only the chat asks for that."


class NullStage:
    """A stage without a user: it drops all output and refuses all questions."""

    interactive = False

    def show_widget(self, widget: WidgetRoot, copy_text: str | None = None) -> None:
        """Drop the widget."""

    def progress(self, text: str) -> None:
        """Drop the text."""

    def effect(self, name: str, data: Mapping[str, Any]) -> None:
        """Drop the effect."""

    def changed(self, call_id: str) -> None:
        """Do nothing: a call from outside is never replayed."""

    def ask(self, call_id: str, inputs: Sequence[StructuredInput]) -> Never:
        """Refuse the question, because no user can answer. Raises `InvalidInputError`."""
        raise InvalidInputError(_("Nobody can be asked here. Say exactly what is meant, by its id."))

    def was_asked(self, call_id: str) -> bool:
        """Return False, because this stage asks no questions."""
        return False

    def call_page(self, call_id: str, name: str, arguments: Mapping[str, Any]) -> Never:
        """Refuse the call, because there is no page. Raises `InvalidInputError`."""
        raise InvalidInputError(_("There is no page here that could be asked."))


class SdkToolbox(Toolbox):
    """Toolbox over function tools of the Agents SDK, called outside the SDK's loop."""

    def __init__(self, tools: Sequence[Tool]) -> None:
        self._tools = {tool.name: tool for tool in tools if isinstance(tool, FunctionTool)}

    @property
    def tools(self) -> Sequence[ToolSpec]:
        """The tools in the assistant's order; arguments that may be null are optional."""
        return [
            ToolSpec(name=tool.name, description=tool.description, schema=_relaxed(tool.params_json_schema))
            for tool in self._tools.values()
        ]

    async def call(self, name: str, arguments: Mapping[str, Any], context: RequestContext) -> ToolResult:
        """Call a tool with arguments checked against its schema. Raises `NotFoundError` for an unknown name."""
        tool = self._tools.get(name)
        if tool is None:
            raise NotFoundError(_("There is no tool “{name}”.", name=name[:80]))
        unstored_thread = ThreadMetadata(id=new_id("thr"), created_at=clock.now())
        tool_arguments = json.dumps(_complete(arguments, tool.params_json_schema))
        tool_context = ToolContext(
            context=TurnContext(request=context, thread=unstored_thread, stage=NullStage()),
            tool_name=name,
            tool_call_id=new_id("call"),
            tool_arguments=tool_arguments,
        )
        if await _needs_approval(tool, tool_context, arguments):
            return ToolResult(text=NO_APPROVAL, failed=True)
        text = str(await tool.on_invoke_tool(tool_context, tool_arguments))
        return ToolResult(text=text, failed=text.startswith(NOT_DONE))


async def _needs_approval(tool: FunctionTool, context: ToolContext[Any], arguments: Mapping[str, Any]) -> bool:
    asks = tool.needs_approval
    return await asks(context, dict(arguments), context.tool_call_id) if callable(asks) else asks


def _relaxed(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Make nullable fields optional: the strict schema for models requires every field."""
    properties: Mapping[str, Any] = schema.get("properties", {})
    required = [name for name in schema.get("required", ()) if not _may_be_null(properties[name])]
    return {**schema, "required": required}


def _may_be_null(schema: Mapping[str, Any]) -> bool:
    return any(option.get("type") == "null" for option in schema.get("anyOf", ()))


def _complete(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Add null for each missing field."""
    return {**dict.fromkeys(schema.get("properties", {})), **arguments}
