"""Tool names: no model may see two tools of one name, or a name that its provider refuses."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from agents import (
    Agent,
    CodeInterpreterTool,
    CustomTool,
    FunctionTool,
    Handoff,
    HostedMCPTool,
    ImageGenerationTool,
    ModelSettings,
    WebSearchTool,
)

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.models.tool_types import needed_types
from app.ports.toolbox import ToolSpec

_CHOICES: Final = frozenset({"auto", "required", "none"})
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class NamedPart(NamedTuple):
    """A tool, handoff or server by the name that the model sees; `fixed` is False where it may be switched off."""

    place: str
    name: str
    kind: str
    fixed: bool


def name_problems(placed: Sequence[tuple[str, Any]]) -> Iterator[str]:
    """Yield a sentence for each name that two parts have, and for each that no provider accepts.

    Each part of `placed` is given with the place that a sentence names.
    """
    first: dict[tuple[str, str], NamedPart] = {}
    for part in filter(None, (_named(place, part) for place, part in placed)):
        if part.kind == "tool" and not _NAME.fullmatch(part.name.rpartition(".")[2]):
            yield (
                f"{part.place} has the name {part.name[:80]!r}, which providers refuse. Use 1 to 64 letters, digits, "
                "_ and -, with name_override=… or tool_name=…"
            )
        other = first.setdefault((part.kind, part.name), part)
        if other is not part and other.fixed and part.fixed:
            yield _repeated(part, other)


def _repeated(part: NamedPart, other: NamedPart) -> str:
    if part.kind == "hosted tool":
        return f"{part.place} is a second {part.name} beside {other.place}. A model sees one of a type: leave one."
    what = "the server label" if part.kind == "server" else "the tool name"
    return f"{part.place} has {what} {part.name!r}, as {other.place} has. Give one of them another name."


def choice_problem(agent: Agent[Any], placed: Sequence[tuple[str, Any]]) -> str:
    """Return the sentence about a `tool_choice` that names none of the agent's parts, or an empty string."""
    settings: Any = agent.model_settings
    choice = settings.tool_choice if isinstance(settings, ModelSettings) else None
    if not isinstance(choice, str) or choice in _CHOICES or agent.mcp_servers:
        return ""
    parts = [part.name for part in (_named(*one) for one in placed) if part is not None]
    if choice in parts or any(needed_types(part) for _, part in placed):
        return ""  # The services know hosted tools by more names than one.
    names = f" It has {', '.join(parts)}." if parts else " It has none."
    return f"model_settings: tool_choice {choice[:80]!r} is the name of no tool of this agent.{names}"


def first_agent_names(assistant: Assistant) -> frozenset[str]:
    """Return the names of the tools and handoffs that the first agent has by itself."""
    agent = assistant.agent
    parts = [*assistant.tools, *(agent.tools if agent else ()), *(agent.handoffs if agent else ())]
    found = (_named("", part) for part in parts)
    return frozenset(part.name for part in found if part is not None and part.kind == "tool")


def _named(place: str, part: Any) -> NamedPart | None:
    match part:
        case FunctionTool(qualified_name=str(name)):
            return _part(place, name, part.is_enabled)
        case CustomTool(name=str(name)):
            return NamedPart(place, name, "tool", fixed=True)
        case HostedMCPTool(tool_config={"server_label": str(label)}):
            return NamedPart(place, label, "server", fixed=True)
        case WebSearchTool() | CodeInterpreterTool() | ImageGenerationTool():
            return NamedPart(place, part.name, "hosted tool", fixed=True)
        case Handoff(tool_name=str(name)):
            return _part(place, name, part.is_enabled)
        case ToolSpec(name=name):
            return NamedPart(place, name, "tool", fixed=True)
        case Agent(name=str()):
            return NamedPart(place, Handoff.default_tool_name(part), "tool", fixed=True)
    return None


def _part(place: str, name: str, enabled: Any) -> NamedPart | None:
    """None for a part that is always off; one with a condition may be off whenever its namesake is on."""
    return None if enabled is False else NamedPart(place, name, "tool", fixed=enabled is True)
