"""Fields of the Agents SDK's types, with the values that each can take: what its own annotations say, resolvable."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Literal

from agents import (
    Agent,
    AgentHooks,
    ApplyPatchTool,
    CodeInterpreterTool,
    ComputerTool,
    CustomTool,
    FileSearchTool,
    FunctionTool,
    Handoff,
    HostedMCPTool,
    ImageGenerationTool,
    InputGuardrail,
    LocalShellTool,
    ModelSettings,
    OutputGuardrail,
    ShellTool,
    StopAtTools,
    Tool,
    ToolInputGuardrail,
    ToolOutputGuardrail,
    ToolSearchTool,
    WebSearchTool,
)

Switch = bool | Callable[[Any, Any], Awaitable[bool] | bool]
"""`is_enabled`: a constant, or a function of the context and the agent."""

Approval = bool | Callable[[Any, Any, str], Awaitable[bool] | bool]
"""`needs_approval`: a constant, or a function of the context, the arguments and the call's id."""

AGENT: Final[Mapping[str, Any]] = {
    "name": str,
    "handoff_description": str | None,
    "tools": list[Tool],
    "mcp_servers": list[Any],
    "mcp_config": dict[str, Any],
    "instructions": str | Callable[[Any, Any], Awaitable[str] | str] | None,
    "prompt": dict[str, Any] | Callable[[Any], Awaitable[Any] | Any] | None,
    "handoffs": list[Agent[Any] | Handoff[Any, Any]],
    "model": str | None,
    "model_settings": ModelSettings,
    "input_guardrails": list[InputGuardrail[Any]],
    "output_guardrails": list[OutputGuardrail[Any]],
    "output_type": Any,
    "hooks": AgentHooks[Any] | None,
    "tool_use_behavior": Literal["run_llm_again", "stop_on_first_tool"]
    | StopAtTools
    | Callable[[Any, Any], Awaitable[Any] | Any],
    "reset_tool_choice": bool,
}

PARTS: Final[Mapping[type, Mapping[str, Any]]] = {
    FunctionTool: {
        "name": str,
        "description": str,
        "params_json_schema": dict[str, Any],
        "on_invoke_tool": Callable[[Any, str], Awaitable[Any] | Any],
        "strict_json_schema": bool,
        "is_enabled": Switch,
        "tool_input_guardrails": list[ToolInputGuardrail[Any]] | None,
        "tool_output_guardrails": list[ToolOutputGuardrail[Any]] | None,
        "needs_approval": Approval,
        "timeout_seconds": float | None,
    },
    Handoff: {
        "tool_name": str,
        "tool_description": str,
        "input_json_schema": dict[str, Any],
        "on_invoke_handoff": Callable[[Any, str], Awaitable[Any]],
        "agent_name": str,
        "input_filter": Callable[[Any], Awaitable[Any] | Any] | None,
        "is_enabled": Switch,
    },
    InputGuardrail: {
        "guardrail_function": Callable[[Any, Any, Any], Awaitable[Any] | Any],
        "name": str | None,
        "run_in_parallel": bool,
    },
    OutputGuardrail: {
        "guardrail_function": Callable[[Any, Any, Any], Awaitable[Any] | Any],
        "name": str | None,
    },
    ApplyPatchTool: {"name": str, "needs_approval": Approval},
    CodeInterpreterTool: {"tool_config": dict[str, Any]},
    ComputerTool: {"on_safety_check": Callable[[Any], Awaitable[bool] | bool] | None},
    CustomTool: {
        "name": str,
        "description": str,
        "on_invoke_tool": Callable[[Any, str], Awaitable[Any] | Any],
        "needs_approval": Approval,
    },
    FileSearchTool: {"vector_store_ids": list[str], "max_num_results": int | None, "include_search_results": bool},
    HostedMCPTool: {
        "tool_config": dict[str, Any],
        "on_approval_request": Callable[[Any], Awaitable[Any] | Any] | None,
    },
    ImageGenerationTool: {"tool_config": dict[str, Any]},
    LocalShellTool: {"executor": Callable[[Any], Awaitable[str] | str]},
    ShellTool: {
        "executor": Callable[[Any], Awaitable[Any] | Any] | None,
        "name": str,
        "needs_approval": Approval,
        "environment": dict[str, Any] | None,
    },
    ToolSearchTool: {"description": str | None},
    WebSearchTool: {"search_context_size": str, "external_web_access": bool | None},
}
"""Fields of tools, handoffs and guardrails. Fields that a provider's service alone judges are left to it."""

REQUIRED_KEYS: Final[Mapping[type, frozenset[str]]] = {
    CodeInterpreterTool: frozenset({"type", "container"}),
    HostedMCPTool: frozenset({"type", "server_label"}),
    ImageGenerationTool: frozenset({"type"}),
}
"""Keys of a hosted tool's `tool_config` without which its service refuses every request."""
