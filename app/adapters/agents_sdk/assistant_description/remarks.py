"""Remarks on an assistant that are no mistakes, but may surprise its author."""

from collections.abc import Iterator, Sequence, Set
from typing import Any, Final

from app.adapters.agents_sdk.assistant import Assistant
from app.application.health.assistant_report import AgentFacts, Part

_TOOLS: Final = frozenset({"function tool", "agent as tool", "tool run here", "hosted tool", "handoff"})


def warnings_of(assistant: Assistant, agents: Sequence[AgentFacts], answering: Set[str]) -> Sequence[str]:
    """Return a sentence for each remark; `answering` names the agents whose answers the user sees."""
    seen = [] if assistant.render is not None else [agent for agent in agents if agent.name in answering]
    return [*_hidden_outputs(seen), *_unknown_names(assistant, agents), *_unseen(agents)]


def _hidden_outputs(agents: Sequence[AgentFacts]) -> Iterator[str]:
    for agent in agents:
        for part in _of_kind(agent, "output type"):
            yield (
                f"agent “{agent.name}” answers with {part.name}, and nothing shows that to the user. Name an Assistant "
                "with the agent and a render function."
            )


def _unknown_names(assistant: Assistant, agents: Sequence[AgentFacts]) -> Iterator[str]:
    known = {part.name for agent in agents for part in agent.parts if part.kind in _TOOLS}
    if any(part.kind == "MCP server" for agent in agents for part in agent.parts):
        return  # The names of their tools are known when they are connected.
    for field in ("tracked", "editable_arguments"):
        names: Any = getattr(assistant, field)
        for name in sorted(map(str, names)) if isinstance(names, frozenset | set) else ():
            if name not in known:
                yield f"{field} names {name[:80]!r}, and no tool of the assistant has that name."


def _unseen(agents: Sequence[AgentFacts]) -> Iterator[str]:
    for agent in agents:
        for part in _of_kind(agent, "MCP server"):
            yield f"agent “{agent.name}”, MCP server {part.name}: it is connected by a turn, and was not asked here."
        for part in _of_kind(agent, "handoff"):
            if part.remark.endswith("made when it is called"):
                yield f"agent “{agent.name}”, handoff {part.name}: the agent behind it is unknown until it is called."


def _of_kind(agent: AgentFacts, kind: str) -> Iterator[Part]:
    return (part for part in agent.parts if part.kind == kind)
