"""Crashes of an assistant's own code: the part that crashed, for the log, and the error for the user."""

from collections.abc import Iterator
from traceback import walk_tb
from types import FrameType
from typing import Any, Final

import structlog
from agents import Agent, FunctionTool, Handoff
from agents.exceptions import (
    AgentsException,
    ModelBehaviorError,
    ModelRefusalError,
    ModelTimeoutError,
    UserError,
)
from agents.guardrail import InputGuardrail, OutputGuardrail
from agents.lifecycle import AgentHooksBase, RunHooksBase
from agents.tool_guardrails import ToolInputGuardrail, ToolOutputGuardrail

from app.adapters.agents_sdk.tools.crashes import was_reported
from app.domain.errors import AnyportError
from app.domain.language import _

log = structlog.get_logger(__name__)

_CHECKS: Final = (InputGuardrail, OutputGuardrail, ToolInputGuardrail, ToolOutputGuardrail)
_CHECK_NAMES: Final = ("self", "guardrail", "output_guardrail")
_OF_AGENT: Final = {
    "get_system_prompt": "instructions of agent",
    "get_prompt": "prompt of agent",
    "get_mcp_tools": "MCP servers of agent",
    "get_all_tools": "tools of agent",
}
"""Methods of the SDK's `Agent` that call functions of the assistant."""

_OF_TOOL: Final = {
    "_check_tool_enabled": "is_enabled of tool",
    "evaluate_function_tool_approval": "needs_approval of tool",
}
"""Functions of the SDK that call functions of a tool."""


class AssistantCrashedError(AnyportError):
    """The assistant's own code failed: a guardrail, instructions, a hook. `part` and `name` say which."""

    code = "agent_failed"
    retry = True

    def __init__(self, message: str, *, part: str, name: str, detail: str = "") -> None:
        super().__init__(message, detail=detail)
        self.part = part
        self.name = name

    @property
    def is_check(self) -> bool:
        """True when a guardrail crashed: nothing that it had to check may be shown."""
        return self.part.endswith("guardrail")


def crash(error: Exception) -> AssistantCrashedError:
    """Log an error of the assistant's code with its traceback, and return the error for the user."""
    return broken(*part_of(error), error)


def part_of(error: Exception) -> tuple[str, str]:
    """Return the part of the assistant that an error comes from, and its name: of an agent where no more is known."""
    return next(_parts(error), ("run", ""))


def broken(part: str, name: str, error: Exception) -> AssistantCrashedError:
    """Log an error of a known part with its traceback, and return the error for the user."""
    if not was_reported(error):
        # The SDK raises its `UserError` when an assistant is configured in a way that cannot work.
        is_setup = isinstance(error, UserError) and not isinstance(error.__cause__, Exception)
        kind = "assistant cannot run" if is_setup else "assistant crashed"
        log.error(kind, part=part, name=name, exc_info=error)
    detail = f"{part} {name}: {type(error).__name__}".replace(" :", ":")
    message = _("A step failed, and the answer ends here. Please try again, or tell the operator.")
    if part.endswith("guardrail"):
        message = _("A check of this chat failed, so there is no answer that could be shown. Please try again.")
    return AssistantCrashedError(message, part=part, name=name, detail=detail)


def is_in_loop(error: Exception) -> bool:
    """True for an error that the SDK's loop raised or let through, false for one of the server's own code."""
    modules = (frame.f_globals.get("__name__", "") for frame, _ in walk_tb(error.__traceback__))
    return isinstance(error, AgentsException) or any(module.startswith("agents.") for module in modules)


def is_own_failure(error: Exception) -> bool:
    """True for an error of the assistant's code or set-up, false for what a model does wrong."""
    return not isinstance(error, ModelBehaviorError | ModelRefusalError | ModelTimeoutError)


def _parts(error: BaseException) -> Iterator[tuple[str, str]]:
    """The parts of the assistant on the way to the crash, the innermost first."""
    if error.__cause__ is not None:
        yield from _parts(error.__cause__)
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    yield from filter(None, map(_part, reversed(frames)))
    agents = (frame.f_locals.get(name) for frame in reversed(frames) for name in ("agent", "public_agent"))
    yield from (("agent", agent.name) for agent in agents if isinstance(agent, Agent))


def _part(frame: FrameType) -> tuple[str, str] | None:
    function, local = frame.f_code.co_name, frame.f_locals
    owner = local.get("self")
    for check in map(local.get, _CHECK_NAMES):
        if isinstance(check, _CHECKS):
            return _words(type(check).__name__), _name_of(check)
    if isinstance(owner, AgentHooksBase | RunHooksBase) and function.startswith("on_"):
        return "hook", f"{type(owner).__name__}.{function}"
    if isinstance(owner, Agent) and function in _OF_AGENT:
        return _OF_AGENT[function], owner.name
    if function == "check_for_final_output_from_tools":
        return "tool_use_behavior of agent", str(getattr(local.get("agent"), "name", ""))
    handoff = local.get("handoff_obj") or local.get("handoff")
    if isinstance(handoff, Handoff):
        return "handoff", handoff.tool_name
    tool = next(filter(None, map(local.get, ("func_tool", "function_tool", "tool"))), None)
    if isinstance(tool, FunctionTool):
        return _OF_TOOL.get(function, "tool"), tool.name
    return None


def _name_of(check: Any) -> str:
    try:
        return str(check.get_name())
    except AttributeError:  # a callable object without a name
        return type(check.guardrail_function).__name__


def _words(name: str) -> str:
    """`ToolInputGuardrail` becomes `tool input guardrail`."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
