"""What an answer that is tried again had done already: told to the model, and not done a second time."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from agents import FunctionTool, Tool
from agents.items import TResponseInputItem

from app.adapters.agents_sdk.model_input import context_message
from app.ports.turn_log import ToolEffect

PRIOR_EFFECTS: Final = "An earlier answer to this message was taken back"
"""How the model is told; the demo's model knows it by these words."""

_SHOWN: Final = 2_000
"""Characters of each call's arguments and result that the model is told."""


def prior_effects(done: Sequence[ToolEffect]) -> list[TResponseInputItem]:
    """What the model is told of the changes that stand; nothing when there are none."""
    if not done:
        return []
    calls = "\n".join(
        f"- {effect.tool}({effect.arguments[:_SHOWN]}) returned: {effect.result[:_SHOWN]}" for effect in done
    )
    text = (
        f"{PRIOR_EFFECTS}, but these changes that it made with tools stand:\n{calls}\n"
        "Do not make them again. Say that they are made, and do only what is still missing."
    )
    return [context_message(text)]


def with_replayed_effects(tools: Sequence[Tool], done: Sequence[ToolEffect]) -> list[Tool]:
    """The tools, where the very same call as one of `done` returns its result again and does nothing."""
    results = {_key(effect.tool, effect.arguments): effect.result for effect in done}
    names = {effect.tool for effect in done}
    return [_replaying(tool, results) if tool.name in names else tool for tool in tools]


def is_replayed(tool: str, arguments: str, done: Collection[ToolEffect]) -> bool:
    """True for a call that was made before."""
    return _key(tool, arguments) in {_key(effect.tool, effect.arguments) for effect in done}


def _replaying(tool: Tool, results: Mapping[tuple[str, str], str]) -> Tool:
    if not isinstance(tool, FunctionTool):
        return tool
    invoke = tool.on_invoke_tool

    async def once(context: Any, arguments: str) -> Any:
        key = _key(tool.name, arguments)
        return results[key] if key in results else await invoke(context, arguments)

    return replace(tool, on_invoke_tool=once)


def _key(tool: str, arguments: str) -> tuple[str, str]:
    """Whatever the order of the arguments, and whether those that are left out are written as null."""
    try:
        read = json.loads(arguments or "{}")
    except ValueError:
        return tool, arguments
    given = {name: value for name, value in read.items() if value is not None} if isinstance(read, dict) else read
    return tool, json.dumps(given, sort_keys=True)
