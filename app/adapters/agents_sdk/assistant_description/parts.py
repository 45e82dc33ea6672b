"""Parts of an agent: tools by kind, handoffs, guardrails and MCP servers, each as one fact."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from agents import (
    Agent,
    ApplyPatchTool,
    ComputerTool,
    CustomTool,
    FunctionTool,
    Handoff,
    HostedMCPTool,
    LocalShellTool,
    ShellTool,
)

from app.adapters.agents_sdk.assistant_checks.values import described
from app.adapters.agents_sdk.assistant_description.names import name_of, shown
from app.adapters.agents_sdk.models.tool_types import needed_types
from app.application.health.assistant_report import Part
from app.patches.agent_references import target_of

_LOCAL: Final = (ApplyPatchTool, ComputerTool, CustomTool, LocalShellTool, ShellTool)
"""Tools that the model's service defines and this process runs."""

_FUNCTIONS: Final = frozenset({"tools"})


def tool_part(tool: Any) -> Part:
    """Return the fact about one tool, also about a value that is none."""
    return described_part("tool", _tool, tool)


def handoff_part(one: Any) -> Part:
    """Return the fact about one handoff: the tool that the model calls, and the agent that takes over."""
    return described_part("handoff", _handoff, one)


def guardrail_parts(agent: Agent[Any]) -> Iterator[Part]:
    """Yield the guardrails of an agent; one that runs beside the model rejects what was begun already."""
    for one in members(agent.input_guardrails):
        yield described_part("input guardrail", _input_guardrail, one)
    for one in members(agent.output_guardrails):
        yield described_part("output guardrail", _output_guardrail, one)


def server_parts(agent: Agent[Any]) -> Iterator[Part]:
    """Yield the MCP servers of an agent, which are connected when a turn needs them."""
    for server in members(agent.mcp_servers):
        yield described_part("MCP server", _server, server)


def described_part(kind: str, describe: Callable[[Any], Part], value: Any) -> Part:
    """Return what `describe` makes of a value; a value that breaks it is named by its type."""
    try:
        return describe(value)
    except Exception:  # a wrong value may raise anything; the check of the start names the mistake
        return Part(kind=kind, name=type(value).__name__, remark="not understood")


def members(value: Any) -> list[Any]:
    """Return the members of a list; none for a value that is no list."""
    return [*value] if isinstance(value, list | tuple) else []


def _tool(tool: Any) -> Part:
    needs = needed_types(tool)
    if isinstance(tool, FunctionTool):
        target = target_of(tool)
        runs = [f"runs {named_agent(target)}"] if isinstance(target, Agent) else []
        guardrails = [*(tool.tool_input_guardrails or ()), *(tool.tool_output_guardrails or ())]
        checked = [f"guardrail {_guardrail(one)}" for one in guardrails]
        remarks = [*runs, *_conditions(tool), *checked, *sorted(needs)]
        kind = "agent as tool" if runs else "function tool"
        return Part(kind=kind, name=shown(tool.name), remark=", ".join(remarks), needs=needs | _FUNCTIONS)
    if not needs:
        return Part(kind="no tool", name=described(tool))
    kind = "tool run here" if isinstance(tool, _LOCAL) else "hosted tool"
    name = getattr(tool, "name", "") if isinstance(tool, CustomTool) else ", ".join(sorted(needs))
    return Part(kind=kind, name=shown(name), remark=", ".join(_hosted(tool)), needs=needs)


def _handoff(one: Any) -> Part:
    if isinstance(one, Agent):
        name = shown(Handoff.default_tool_name(one))
        return Part(kind="handoff", name=name, remark=named_agent(one), needs=_FUNCTIONS)
    if not isinstance(one, Handoff):
        return Part(kind="no handoff", name=described(one))
    target = target_of(one)
    unknown = f"agent “{shown(one.agent_name)}”, made when it is called"
    to = named_agent(target) if isinstance(target, Agent) else unknown
    return Part(kind="handoff", name=shown(one.tool_name), remark=", ".join([to, *_switch(one)]), needs=_FUNCTIONS)


def named_agent(agent: Agent[Any]) -> str:
    """Return an agent's name in a sentence, without secrets."""
    return f"agent “{shown(agent.name)}”"


def _input_guardrail(one: Any) -> Part:
    blocks = getattr(one, "run_in_parallel", True) is False
    remark = "before the model is asked" if blocks else "while the model answers"
    return Part(kind="input guardrail", name=_guardrail(one), remark=remark)


def _output_guardrail(one: Any) -> Part:
    return Part(kind="output guardrail", name=_guardrail(one))


def _server(server: Any) -> Part:
    return Part(kind="MCP server", name=shown(getattr(server, "name", None)), remark=name_of(server))


def _guardrail(one: Any) -> str:
    name = getattr(one, "name", None)
    return shown(name) if isinstance(name, str) else name_of(getattr(one, "guardrail_function", one))


def _conditions(tool: FunctionTool) -> Iterator[str]:
    if callable(tool.needs_approval):
        yield "a function decides if the user must approve"
    elif tool.needs_approval:
        yield "the user must approve"
    yield from _switch(tool)


def _switch(part: Any) -> Iterator[str]:
    if callable(part.is_enabled):
        yield "a function switches it on and off"
    elif not part.is_enabled:
        yield "switched off"


def _hosted(tool: Any) -> Iterator[str]:
    if isinstance(tool, HostedMCPTool):
        config: Any = tool.tool_config
        label = config.get("server_label") if isinstance(config, dict) else None
        if isinstance(label, str):
            yield shown(label)
        if isinstance(config, dict) and config.get("require_approval", "always") != "never":
            yield "the user must approve" if not tool.on_approval_request else "a function approves"
    elif getattr(tool, "needs_approval", False):
        yield "the user must approve"
