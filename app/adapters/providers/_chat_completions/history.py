"""The past, as any provider wrote it, in the order and shape that chat completions demand."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast

from agents.items import TResponseInputItem
from agents.models.chatcmpl_converter import Converter

from app.adapters.providers._chat_completions.dialect import Dialect

_SIGNED_BY_LITELLM: Final = "__thought__"

Item = Mapping[str, Any]
Message = dict[str, Any]


def messages(
    instructions: str | None, items: str | Sequence[TResponseInputItem], *, model: str, dialect: Dialect
) -> list[Message]:
    """System message and history. Raises `agents.UserError` for content that chat completions cannot carry.

    Calls stand directly before their results; a call without a result, a result without a call and a message
    without content are left out, as is everything that only its author could read: ids, reasoning, signatures.
    """
    if isinstance(items, str):
        items = [{"role": "user", "content": items}]
    told = _opening_with_user(_converted(_ordered(items), model, dialect))
    system: list[Message] = [{"role": "system", "content": instructions}] if instructions else []
    return system + told if told else [{"role": "user", "content": instructions or ""}]


def call_ids(items: str | Sequence[TResponseInputItem]) -> set[str]:
    """The ids of all calls in the history: a new call must not take one of them."""
    if isinstance(items, str):
        return set()
    return {_call_id(item) for item in map(_mapping, items) if item.get("type") == "function_call"}


def _mapping(item: TResponseInputItem) -> Item:
    return cast(Item, item)


def _ordered(items: Iterable[TResponseInputItem]) -> list[Item]:
    """The items with results moved to their calls, and the words of an answer before its calls."""
    everything = list(map(_mapping, items))
    results = {item.get("call_id"): item for item in reversed(everything) if item.get("type") == "function_call_output"}
    ordered: list[Item] = []
    words: list[Item] = []
    calls: dict[str, Item] = {}

    def close_answer() -> None:
        ordered.extend([*words, *calls.values(), *(results.pop(call_id) for call_id in calls)])
        words.clear()
        calls.clear()

    for item in everything:
        match item.get("type", "message"):
            case "function_call":
                if (call_id := item.get("call_id")) in results:
                    calls.setdefault(str(call_id), item)
            case "message" if item.get("role") == "assistant":
                if calls and words:
                    close_answer()
                words.append(item)
            case "reasoning":
                words.append(item)
            case _:
                close_answer()
                if item.get("type", "message") == "message":
                    ordered.append(item)
    close_answer()
    return ordered


def _converted(items: Sequence[Item], model: str, dialect: Dialect) -> list[Message]:
    plain = [known for item in items if (known := _plain(item, model)) is not None]
    converted = Converter.items_to_messages(cast(list[TResponseInputItem], plain), model=model)
    kept = {_call_id(item): signature for item in items if (signature := _signature(item, model, dialect))}
    told = []
    for message in cast(list[Message], converted):
        if message["role"] == "developer":
            message["role"] = "system"
        for index, call in enumerate(message.get("tool_calls", ())):
            call.pop("extra_content", None)
            # Of calls made at once only the first is signed, so only the first needs something in its place.
            signature = kept.get(call["id"]) or (dialect.unsigned_call(model) if index == 0 else "")
            if signature:
                call["extra_content"] = {"google": {"thought_signature": signature}}
        if message.get("tool_calls") or _has_content(message):
            told.append({key: value for key, value in message.items() if value is not None})
    return told


def _plain(item: Item, model: str) -> Item | None:
    """The item without what only its author understands; None for what cannot be told at all."""
    match item.get("type", "message"):
        case "function_call":
            arguments = _arguments(item)
            return {"type": "function_call", "call_id": _call_id(item), "name": item["name"], "arguments": arguments}
        case "function_call_output":
            return {"type": "function_call_output", "call_id": _call_id(item), "output": item["output"] or "(nothing)"}
        case "reasoning":
            # DeepSeek wants its own thoughts back while it uses tools; the converter knows when.
            return item if (item.get("provider_data") or {}).get("model") == model else None
        case _ if item.get("role") == "assistant":
            return {"role": "assistant", "content": _said(item["content"])}
        case _:
            content = item["content"]
            if not isinstance(content, str):
                content = [part for part in content if part.get("text") != ""]
            return {"role": item["role"], "content": content}


def _said(content: str | Sequence[Mapping[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return "".join(part.get("text") or part.get("refusal") or "" for part in content)


def _arguments(item: Item) -> str:
    """An object as JSON. What a model garbled was answered with an error then; told again, it would be refused."""
    try:
        arguments = json.loads(item["arguments"] or "{}")
    except ValueError:
        return "{}"
    return cast(str, item["arguments"] or "{}") if isinstance(arguments, dict) else "{}"


def _call_id(item: Item) -> str:
    """The id without the signature that LiteLLM glues to it."""
    return str(item.get("call_id", "")).partition(_SIGNED_BY_LITELLM)[0]


def _signature(item: Item, model: str, dialect: Dialect) -> str:
    """The signature that this very model gave to this call, or an empty string."""
    signature = (item.get("provider_data") or {}).get("thought_signature")
    if not (dialect.signed and signature):
        return ""
    author = str(item["provider_data"].get("model", "")).rsplit("/", 1)[-1]
    return str(signature) if author in {"", model.rsplit("/", 1)[-1]} else ""


def _has_content(message: Message) -> bool:
    content = message.get("content")
    return bool(content.strip() if isinstance(content, str) else content)


def _opening_with_user(told: list[Message]) -> list[Message]:
    """A window of the past may begin within a round of tool calls, which upstreams refuse as a beginning."""
    spoken = [index for index, message in enumerate(told) if message["role"] != "system"]
    first = next((index for index in spoken if told[index]["role"] == "user"), len(told))
    if any(told[index]["role"] == "tool" for index in spoken if index < first):
        return [message for index, message in enumerate(told) if index >= first or message["role"] == "system"]
    return told
