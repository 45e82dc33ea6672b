"""Advice: the change that mends a wrong value, by the field that holds the value and by the value's kind."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from agents import (
    Handoff,
    InputGuardrail,
    Model,
    OutputGuardrail,
    ToolInputGuardrail,
    ToolOutputGuardrail,
)
from agents.agent import AgentBase
from agents.lifecycle import RunHooksBase

from app.adapters.agents_sdk.assistant_checks.values import is_class, is_function


class Advice(NamedTuple):
    """A change for a value of one kind in one of `fields`; no fields stand for all."""

    fields: frozenset[str]
    applies: Callable[[Any], bool]
    text: str


def advice_for(field: str, value: Any) -> str:
    """Return the first advice that fits, or an empty string."""
    return next((one.text for one in _ADVICE if field in (one.fields or {field}) and one.applies(value)), "")


def _kind(*types: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, types)


def _is_mcp_server(value: Any) -> bool:
    return any(base.__name__ == "MCPServer" for base in type(value).__mro__)


def _is_hosted_mapping(value: Any) -> bool:
    return isinstance(value, Mapping) and "type" in value


def _advice(fields: str, applies: Callable[[Any], bool], text: str) -> Advice:
    return Advice(frozenset(fields.split()), applies, text)


_GUARDRAILS: Final = "input_guardrails output_guardrails"
_TOOL_GUARDRAILS: Final = "tool_input_guardrails tool_output_guardrails"

_ADVICE: Final[Sequence[Advice]] = (
    _advice(
        "tools", _kind(AgentBase), "Use agent.as_tool(tool_name=…, tool_description=…), or put the agent into handoffs."
    ),
    _advice("tools", _kind(Handoff), "Put it into handoffs."),
    _advice("tools", _is_mcp_server, "Put it into the mcp_servers of an Agent."),
    _advice("tools", is_function, "Decorate it with @function_tool."),
    _advice("tools", _is_hosted_mapping, "Write the tool's own class, such as WebSearchTool()."),
    _advice("tools", _kind(list, tuple), "Write a star before it, so that its members join the list."),
    _advice("handoffs", is_function, "Name the agent itself, or use handoff(agent, on_handoff=…)."),
    _advice("handoffs", _kind(str), "Name the Agent itself, not its name."),
    _advice("input_guardrails", is_function, "Decorate it with @input_guardrail."),
    _advice("output_guardrails", is_function, "Decorate it with @output_guardrail."),
    _advice("input_guardrails", _kind(OutputGuardrail), "Put it into output_guardrails."),
    _advice("output_guardrails", _kind(InputGuardrail), "Put it into input_guardrails."),
    _advice(_GUARDRAILS, _kind(ToolInputGuardrail), "Put it into the tool_input_guardrails of a tool."),
    _advice(_GUARDRAILS, _kind(ToolOutputGuardrail), "Put it into the tool_output_guardrails of a tool."),
    _advice(_TOOL_GUARDRAILS, _kind(InputGuardrail, OutputGuardrail), "Put it into the guardrails of the Agent."),
    _advice("tool_input_guardrails", is_function, "Decorate it with @tool_input_guardrail."),
    _advice("tool_output_guardrails", is_function, "Decorate it with @tool_output_guardrail."),
    _advice(
        "model",
        _kind(Model),
        "Its requests would go past the providers that the operator chose. Write the model's name, such as "
        '"gemini/gemini-2.5-flash", or leave the field out.',
    ),
    _advice(
        "model", _kind(str), 'Write ModelRef("gemini", "gemini-2.5-flash"): the provider, and its name of the model.'
    ),
    _advice("agent", is_class, "Name an instance of it: Agent(name=…)."),
    _advice("start", _kind(dict), "Write StartScreen(greeting=…, prompts=[Prompt(label=…, prompt=…)])."),
    _advice("start", _kind(str), "Write StartScreen(greeting=…)."),
    _advice("prompts", _kind(dict, str), "Write Prompt(label=…, prompt=…)."),
    _advice("tracked", _kind(list, tuple, str), "Write frozenset({…}) of the tools' names."),
    _advice("hooks", _kind(RunHooksBase), "Write a subclass of AgentHooks, which hears one agent."),
    _advice("hooks", _kind(list, tuple), "Give one object of a subclass of AgentHooks."),
    _advice("model_settings", _kind(dict), "Write ModelSettings(…)."),
    _advice("context", is_class, "Write a function that makes one: lambda turn: Profile(turn.request.user_id)."),
    _advice("", is_class, "Name an instance of it: write its parentheses."),
)
