"""Stored items of any provider, put into an order that every upstream takes."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

_SIGNED_BY_LITELLM: Final = "__thought__"

Item = Mapping[str, Any]


def paired(items: Iterable[Item]) -> list[Item]:
    """The items with each call directly before its result, and an answer's words and thoughts before its calls.

    A call without a result, a result without a call, and what is neither message, call, result nor thought is left
    out. Repeated ids count once.
    """
    everything = list(items)
    results = {call_id(item): item for item in reversed(everything) if item.get("type") == "function_call_output"}
    ordered: list[Item] = []
    words: list[Item] = []
    calls: dict[str, Item] = {}

    def close_answer() -> None:
        ordered.extend([*words, *calls.values(), *(results.pop(known) for known in calls)])
        words.clear()
        calls.clear()

    for item in everything:
        kind = item.get("type", "message")
        if kind == "function_call":
            if call_id(item) in results:
                calls.setdefault(call_id(item), item)
        elif kind == "reasoning" or (kind == "message" and item.get("role") == "assistant"):
            if calls and words:
                close_answer()
            words.append(item)
        else:
            close_answer()
            if kind == "message":
                ordered.append(item)
    close_answer()
    return ordered


def call_id(item: Item) -> str:
    """The id of a call or result, without the signature that LiteLLM glues to it."""
    return str(item.get("call_id") or "").partition(_SIGNED_BY_LITELLM)[0]


def call_ids(items: Iterable[Item]) -> set[str]:
    """The ids of all calls in the history: a new call must not take one of them."""
    return {call_id(item) for item in items if item.get("type") == "function_call"}


def plain(item: Item) -> Item | None:
    """The item without what only its author understands; None when nothing is left, and for thoughts."""
    match item.get("type", "message"):
        case "function_call":
            shown = {"name": item["name"], "arguments": _arguments(item)}
            return {"type": "function_call", "call_id": call_id(item), **shown}
        case "function_call_output":
            # An empty result is refused by some.
            return {"type": "function_call_output", "call_id": call_id(item), "output": item["output"] or "(nothing)"}
        case "reasoning":
            return None
        case _ if item.get("role") == "assistant":
            text = _said(item["content"])
            return {"role": "assistant", "content": text} if text.strip() else None
        case _:
            content = item["content"]
            if not isinstance(content, str):
                content = [part for part in content if part.get("text") != ""]
            return {"role": item["role"], "content": content} if content else None


def _said(content: str | Sequence[Mapping[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return "".join(part.get("text") or part.get("refusal") or "" for part in content)


def _arguments(item: Item) -> str:
    """An object as JSON. What a model garbled was answered with an error then; told again, it would be refused."""
    text = str(item["arguments"] or "{}")
    try:
        return text if isinstance(json.loads(text), dict) else "{}"
    except (ValueError, RecursionError):
        return "{}"
