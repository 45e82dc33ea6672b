"""History items of any provider, in an order and form that every upstream accepts."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from app.domain.hosted_items import as_call, is_hosted

_SIGNED_BY_LITELLM: Final = "__thought__"

Item = Mapping[str, Any]


def pair_calls(items: Iterable[Item], *, hosted: bool = False) -> list[Item]:
    """Order the items: each call before its result, and the text and reasoning of an answer before its calls.

    Drops calls without a result, and results without a call. Repeated ids count once. Items of hosted tools stay in
    their place with `hosted`, else they become calls with results.
    """
    everything = list(items) if hosted else [plain for item in items for plain in _without_hosted(item)]
    results = {call_id(item): item for item in reversed(everything) if item.get("type") == "function_call_output"}
    ordered: list[Item] = []
    answer_items: list[Item] = []
    calls: dict[str, Item] = {}

    def close_answer() -> None:
        ordered.extend([*answer_items, *calls.values(), *(results.pop(known) for known in calls)])
        answer_items.clear()
        calls.clear()

    for item in everything:
        kind = item.get("type", "message")
        if kind == "function_call":
            if call_id(item) in results:
                calls.setdefault(call_id(item), item)
        elif kind == "reasoning" or is_hosted(item) or (kind == "message" and item.get("role") == "assistant"):
            if calls and answer_items:
                close_answer()
            answer_items.append(item)
        else:
            close_answer()
            if kind == "message":
                ordered.append(item)
    close_answer()
    return ordered


def _without_hosted(item: Item) -> list[Item]:
    return [*as_call(item)] if is_hosted(item) else [item]


def call_id(item: Item) -> str:
    """Id of a call or result, without the signature that LiteLLM appends."""
    return str(item.get("call_id") or "").partition(_SIGNED_BY_LITELLM)[0]


def call_ids(items: Iterable[Item]) -> set[str]:
    """Ids of all calls in the history; a new call needs another id."""
    return {call_id(item) for item in items if item.get("type") == "function_call"}


def portable_item(item: Item) -> Item | None:
    """Strip provider-specific fields from an item; None when nothing is left, and for reasoning.

    Items of hosted tools keep their ids: the Responses API requires them, and looks up no item that comes whole.
    """
    match item.get("type", "message"):
        case "function_call":
            portable = {"name": item["name"], "arguments": _arguments(item)}
            return {"type": "function_call", "call_id": call_id(item), **portable}
        case "function_call_output":
            # Some upstreams refuse an empty result.
            return {"type": "function_call_output", "call_id": call_id(item), "output": item["output"] or "(nothing)"}
        case "reasoning":
            return None
        case _ if is_hosted(item):
            return {key: value for key, value in item.items() if key != "provider_data"}
        case _ if item.get("role") == "assistant":
            text = _text(item["content"])
            return {"role": "assistant", "content": text} if text.strip() else None
        case _:
            content = item["content"]
            if not isinstance(content, str):
                content = [part for part in content if part.get("text") != ""]
            return {"role": item["role"], "content": content} if content else None


def _text(content: str | Sequence[Mapping[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return "".join(part.get("text") or part.get("refusal") or "" for part in content)


def _arguments(item: Item) -> str:
    """Arguments as a JSON object; `{}` for malformed ones, which upstreams refuse."""
    text = str(item["arguments"] or "{}")
    try:
        return text if isinstance(json.loads(text), dict) else "{}"
    except (ValueError, RecursionError):
        return "{}"
