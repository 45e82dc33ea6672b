"""Effect replay: a retried answer knows the earlier answer's changes and does not make them again."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from agents import FunctionTool, Tool
from agents.items import TResponseInputItem

from app.adapters.agents_sdk.input.model_input import context_message
from app.ports.turn_log import ToolEffect

PRIOR_EFFECTS: Final = "An earlier answer to this message was taken back"
"""Start of the message to the model; the demo provider recognizes the message by it."""

_MAX_CHARACTERS: Final = 2_000
"""Limit in the message, for the arguments and for the result of each call."""


def prior_effects(done: Sequence[ToolEffect]) -> list[TResponseInputItem]:
    """Return a message to the model about the changes of the earlier answer; an empty list without changes."""
    if not done:
        return []
    calls = "\n".join(
        f"- {effect.tool}({effect.arguments[:_MAX_CHARACTERS]}) returned: {effect.result[:_MAX_CHARACTERS]}"
        for effect in done
    )
    text = (
        f"{PRIOR_EFFECTS}, but these changes that it made with tools stand:\n{calls}\n"
        "Do not make them again. Say that they are made, and do only what is still missing."
    )
    return [context_message(text)]


def with_replayed_effects(tools: Sequence[Tool], done: Sequence[ToolEffect]) -> list[Tool]:
    """Return the tools; a call equal to one of `done` returns the stored result without running the tool."""
    results = {_key(effect.tool, effect.arguments): effect.result for effect in done}
    names = {effect.tool for effect in done}
    return [_replaying(tool, results) if tool.name in names else tool for tool in tools]


def is_replayed(tool: str, arguments: str, done: Collection[ToolEffect]) -> bool:
    """True if the call equals one of `done`."""
    return _key(tool, arguments) in {_key(effect.tool, effect.arguments) for effect in done}


def _replaying(tool: Tool, results: Mapping[tuple[str, str], str]) -> Tool:
    if not isinstance(tool, FunctionTool):
        return tool
    invoke = tool.on_invoke_tool

    async def replay_or_invoke(context: Any, arguments: str) -> Any:
        key = _key(tool.name, arguments)
        return results[key] if key in results else await invoke(context, arguments)

    asks = tool.needs_approval

    async def needs_approval(context: Any, arguments: dict[str, Any], call_id: str) -> bool:
        if _key(tool.name, json.dumps(arguments)) in results:
            return False  # Nothing is done: the stored result is returned.
        return await asks(context, arguments, call_id) if callable(asks) else asks

    return replace(tool, on_invoke_tool=replay_or_invoke, needs_approval=needs_approval if asks else False)


def _key(tool: str, arguments: str) -> tuple[str, str]:
    """Key of a call; neither the order of the arguments nor arguments that are null make a difference."""
    try:
        parsed = json.loads(arguments or "{}")
    except ValueError:
        return tool, arguments
    given = {name: value for name, value in parsed.items() if value is not None} if isinstance(parsed, dict) else parsed
    return tool, json.dumps(given, sort_keys=True)
