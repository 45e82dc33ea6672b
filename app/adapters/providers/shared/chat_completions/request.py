"""Request body of a chat completion, in the upstream's dialect."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast

from agents import AgentOutputSchemaBase, Handoff, ModelSettings, Tool
from agents.items import TResponseInputItem
from agents.models.chatcmpl_converter import Converter
from openai import Omit

from app.adapters.providers.shared.chat_completions.dialect import Dialect
from app.adapters.providers.shared.chat_completions.messages import messages
from app.adapters.providers.shared.model_settings import allowed, more_chat_parameters


def completion_request(
    model: str,
    dialect: Dialect,
    instructions: str | None,
    history: str | Sequence[TResponseInputItem],
    settings: ModelSettings,
    tools: Sequence[Tool],
    handoffs: Sequence[Handoff[Any, Any]],
    output_schema: AgentOutputSchemaBase | None,
) -> dict[str, Any]:
    """Build the request body, without reasoning parameters, which each attempt adds.

    Raises `agents.UserError` for items that chat completions cannot carry.
    """
    settings = allowed(settings, dialect.refused(model))
    request: dict[str, Any] = {
        "model": model,
        "messages": messages(instructions, history, model=model, dialect=dialect),
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        dialect.max_tokens: settings.max_tokens,
        "response_format": _response_format(output_schema, dialect),
        **more_chat_parameters(settings, dialect.parameters),
    }
    functions = [*tools, *handoffs]
    if functions:
        request["tools"] = [_tool_definition(_ByIdentity(function), dialect) for function in functions]
        request["tool_choice"] = Converter.convert_tool_choice(settings.tool_choice)
        if dialect.parallel_tool_calls:
            request["parallel_tool_calls"] = settings.parallel_tool_calls
    return {name: value for name, value in request.items() if value is not None and not isinstance(value, Omit)}


class _ByIdentity:
    """Cache key of a tool or handoff, which are unhashable: compares by identity, and keeps the object alive."""

    def __init__(self, function: Tool | Handoff[Any, Any]) -> None:
        self.function = function

    def __hash__(self) -> int:
        return id(self.function)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and other.function is self.function


@lru_cache(maxsize=512)
def _tool_definition(key: _ByIdentity, dialect: Dialect) -> dict[str, Any]:
    """Tool definition in the upstream's dialect; cached, because turns share their tools."""
    function = key.function
    if isinstance(function, Handoff):
        converted = Converter.convert_handoff_tool(function)
    else:
        converted = Converter.tool_to_openai(function)
    return _function(cast(dict[str, Any], converted["function"]), dialect)


def _function(definition: dict[str, Any], dialect: Dialect) -> dict[str, Any]:
    function = {**definition, "parameters": dialect.schema(definition["parameters"])}
    if not dialect.strict_tools:
        function.pop("strict", None)
    if not function["parameters"].get("properties"):
        # Gemini refuses an object without properties; other upstreams treat missing parameters the same.
        del function["parameters"]
        function.pop("strict", None)
    return {"type": "function", "function": function}


def _response_format(schema: AgentOutputSchemaBase | None, dialect: Dialect) -> dict[str, Any] | None:
    if schema is None or schema.is_plain_text():
        return None
    shape: dict[str, Any] = {"name": "final_output", "schema": dialect.schema(schema.json_schema())}
    if dialect.strict_tools:
        shape["strict"] = schema.is_strict_json_schema()
    return {"type": "json_schema", "json_schema": shape}
