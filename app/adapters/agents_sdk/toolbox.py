"""The assistant's tools for a caller that is no conversation: the same schemas, rules and errors."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Never

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


class NoStage:
    """Nobody watches: what would be shown is dropped, what would be asked is refused."""

    interactive = False

    def show_widget(self, widget: WidgetRoot, copy_text: str | None = None) -> None:
        """Drop it."""

    def progress(self, text: str) -> None:
        """Drop it."""

    def effect(self, name: str, data: Mapping[str, Any]) -> None:
        """Drop it."""

    def changed(self, call_id: str) -> None:
        """Drop it: nothing is tried again."""

    def ask(self, call_id: str, inputs: Sequence[StructuredInput]) -> Never:
        """Refuse: there is no user to ask. Raises `InvalidInputError`."""
        raise InvalidInputError(_("Nobody can be asked here. Say exactly what is meant, by its id."))

    def was_asked(self, call_id: str) -> bool:
        """Never: nobody is asked."""
        return False

    def call_page(self, call_id: str, name: str, arguments: Mapping[str, Any]) -> Never:
        """Refuse: there is no page. Raises `InvalidInputError`."""
        raise InvalidInputError(_("There is no page here that could be asked."))


class SdkToolbox(Toolbox):
    """Calls tools of the Agents SDK outside its loop."""

    def __init__(self, tools: Sequence[Tool]) -> None:
        self._tools = {tool.name: tool for tool in tools if isinstance(tool, FunctionTool)}

    @property
    def tools(self) -> Sequence[ToolSpec]:
        """In the order in which the assistant has them."""
        return [
            ToolSpec(name=tool.name, description=tool.description, schema=_relaxed(tool.params_json_schema))
            for tool in self._tools.values()
        ]

    async def call(self, name: str, arguments: Mapping[str, Any], context: RequestContext) -> ToolResult:
        """Call it as the loop would; the arguments are checked against the schema."""
        tool = self._tools.get(name)
        if tool is None:
            raise NotFoundError(_("There is no tool “{name}”.", name=name[:80]))
        nowhere = ThreadMetadata(id=new_id("thr"), created_at=clock.now())
        given = json.dumps(_complete(arguments, tool.params_json_schema))
        run = ToolContext(
            context=TurnContext(request=context, thread=nowhere, stage=NoStage()),
            tool_name=name,
            tool_call_id=new_id("call"),
            tool_arguments=given,
        )
        text = str(await tool.on_invoke_tool(run, given))
        return ToolResult(text=text, failed=text.startswith(NOT_DONE))


def _relaxed(schema: Mapping[str, Any]) -> dict[str, Any]:
    """What may be null may be left out: a strict schema, as models are given it, requires every field."""
    properties: Mapping[str, Any] = schema.get("properties", {})
    required = [name for name in schema.get("required", ()) if not _may_be_null(properties[name])]
    return {**schema, "required": required}


def _may_be_null(schema: Mapping[str, Any]) -> bool:
    return any(option.get("type") == "null" for option in schema.get("anyOf", ()))


def _complete(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """With null for what was left out."""
    return {**dict.fromkeys(schema.get("properties", {})), **arguments}
