"""Agents of an assistant: the first one, and all behind its handoffs and its tools, as far as they can be seen."""

from collections.abc import Iterator, Sequence
from typing import Any

from agents import Agent

from app.patches.agent_references import target_of


def agents_of(root: Agent[Any]) -> list[Agent[Any]]:
    """Return each agent of the graph once, the first one first; cycles are allowed."""
    return _graph(root, "handoffs", "tools")


def handed_to(root: Agent[Any]) -> list[Agent[Any]]:
    """Return the first agent, and each that handoffs lead to: those whose answers the user sees."""
    return _graph(root, "handoffs")


def _graph(root: Agent[Any], *fields: str) -> list[Agent[Any]]:
    found = {id(root): root}
    queue = [root]
    for agent in queue:
        for one in _behind(agent, fields):
            if id(one) not in found:
                found[id(one)] = one
                queue.append(one)
    return queue


def _behind(agent: Agent[Any], fields: Sequence[str]) -> Iterator[Agent[Any]]:
    for field in fields:
        members: Any = getattr(agent, field)
        for one in members if isinstance(members, list | tuple) else ():
            target = one if isinstance(one, Agent) else target_of(one)
            if isinstance(target, Agent):
                yield target
